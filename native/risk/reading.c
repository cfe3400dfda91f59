/* What is read off events, places and records: attributes of structs, whose places in memory are known. */

#include "../fields.h"
#include "hot.h"

enum { AT_MS, CHANNEL, PLACE, OUTCOME, AMOUNT, CURRENCY, TYPE, ENTRY, EVENT_FIELDS };
enum { LAT, LON, COUNTRY, PLACE_FIELDS };
static Field event_fields[] = {
    {"at_ms"}, {"channel"}, {"place"}, {"outcome"}, {"amount_minor"}, {"currency"}, {"type"}, {"entry"},
};
static Field place_fields[] = {{"lat"}, {"lon"}, {"country"}};
static Field record_fields[] = {
    {"lately"}, {"long"}, {"row"}, {"row_ms"}, {"last_ms"}, {"genuine"}, {"uses"},
};

/* The number of each name, as the features have them, and the channels where the card itself is. */
static PyObject *numbers[NUMBERED], *card_present;
static PyObject *text_declined, *text_manual, *dollar_minor;

/* Give a text field interned, so that equal ones are one; NULL, without an exception, for None. */
static PyObject *name_field(PyObject *object, const Field *which)
{
    PyObject *value = field(object, which);
    if (value == Py_None)
        Py_CLEAR(value);
    if (value != NULL)
        PyUnicode_InternInPlace(&value);
    return value;
}

/* Make a dict of the number of each name, as a float. */
static PyObject *numbered(PyObject *module, const char *name)
{
    PyObject *names = PyObject_GetAttrString(module, name), *found = PyDict_New();
    for (Py_ssize_t i = 0; names != NULL && found != NULL && i < PyTuple_Size(names); i++) {
        PyObject *number = PyFloat_FromDouble((double)i);
        if (number == NULL || PyDict_SetItem(found, PyTuple_GET_ITEM(names, i), number) < 0)
            Py_CLEAR(found);
        Py_XDECREF(number);
    }
    Py_XDECREF(names);
    return names == NULL ? NULL : found;
}

int prepare_reading(void)
{
    PyObject *events = PyImport_ImportModule("domain.events");
    PyObject *features = PyImport_ImportModule("domain.risk_features");
    PyObject *tables = PyImport_ImportModule("domain.tables"), *money = PyImport_ImportModule("domain.money");
    int done = events == NULL || features == NULL || tables == NULL || money == NULL
            || (dollar_minor = PyObject_GetAttrString(money, "dollar_minor")) == NULL
            || find_fields(events, "Transaction", event_fields, EVENT_FIELDS) < 0
            || find_fields(events, "Place", place_fields, PLACE_FIELDS) < 0
            || find_fields(tables, "TerminalRecord", record_fields, RECORD_FIELDS) < 0
            || (numbers[CHANNELS] = numbered(features, "CHANNELS")) == NULL
            || (numbers[TYPES] = numbered(features, "TYPES")) == NULL
            || (numbers[ENTRIES] = numbered(features, "ENTRIES")) == NULL
            || (numbers[COUNTRIES] = numbered(features, "COUNTRIES")) == NULL
            || (card_present = PyObject_GetAttrString(events, "CARD_PRESENT")) == NULL
            || (text_declined = PyUnicode_InternFromString("declined")) == NULL
            || (text_manual = PyUnicode_InternFromString("manual")) == NULL
        ? -1
        : 0;
    Py_XDECREF(events);
    Py_XDECREF(features);
    Py_XDECREF(tables);
    Py_XDECREF(money);
    return done;
}

static int read_place(PyObject *place, Use *use)
{
    int present = PySet_Contains(card_present, use->channel);
    use->located = present > 0 && use->entry != text_manual;
    if (use->located) {
        use->lat = number_field(place, &place_fields[LAT]);
        use->lon = number_field(place, &place_fields[LON]);
    }
    use->country = name_field(place, &place_fields[COUNTRY]);
    return PyErr_Occurred() ? -1 : 0;
}

int read_use(PyObject *event, Use *use)
{
    *use = (Use){whole_field(event, &event_fields[AT_MS]), whole_field(event, &event_fields[AMOUNT])};
    use->channel = name_field(event, &event_fields[CHANNEL]);
    use->type = name_field(event, &event_fields[TYPE]);
    use->currency = name_field(event, &event_fields[CURRENCY]);
    use->entry = name_field(event, &event_fields[ENTRY]);
    PyObject *outcome = name_field(event, &event_fields[OUTCOME]);
    PyObject *place = field(event, &event_fields[PLACE]);
    use->declined = outcome == text_declined;
    int done = PyErr_Occurred() ? -1 : place == Py_None ? 0 : read_place(place, use);
    Py_XDECREF(outcome);
    Py_XDECREF(place);
    if (done < 0)
        drop_use(use);
    return done;
}

void drop_use(Use *use)
{
    Py_CLEAR(use->channel);
    Py_CLEAR(use->type);
    Py_CLEAR(use->currency);
    Py_CLEAR(use->entry);
    Py_CLEAR(use->country);
}

double number_of_record(PyObject *record, int which) { return number_field(record, &record_fields[which]); }

int64_t whole_of_record(PyObject *record, int which) { return whole_field(record, &record_fields[which]); }

PyObject *number_of_name(int which, PyObject *name) { return PyDict_GetItemWithError(numbers[which], name); }

/* Give how many minor units make about a dollar. */
double dollar_of(PyObject *currency)
{
    static struct {
        PyObject *currency;
        double minor;
    } known[64];
    size_t place = ((uintptr_t)currency >> 4) % 64;
    if (known[place].currency != currency) { /* an interned text that is held stays the only one */
        PyObject *dollar = PyObject_CallOneArg(dollar_minor, currency);
        if (dollar == NULL)
            return -1.0;
        known[place].minor = PyFloat_AsDouble(dollar);
        Py_DECREF(dollar);
        Py_XSETREF(known[place].currency, Py_NewRef(currency));
    }
    return known[place].minor;
}
