/* The quick ways of detectors: what a step does with nearly all uses, in C. It is either done as the step
   would do it, on the state that the step has, or left to the step before anything was changed. The twins are
   the steps themselves, in detectors/. */

#include "quick.h"

Field quick_fields[] = {
    {"at_ms"}, {"channel"}, {"type"}, {"outcome"}, {"entry"}, {"amount_minor"}, {"currency"}, {"place"},
    {"mcc"}, {"decline_reason"}, {"ended_at"}, {"issued"}, {"card"}, {"balance_after_minor"}, {"event_id"},
    {"last4"}, {"terminal"},
};
Field quick_place_fields[] = {{"lat"}, {"lon"}, {"city"}, {"country"}, {"error_km"}};
PyObject *quick_texts[TEXTS];

static const char *texts[] = {
    "declined", "approved", "pos", "atm", "counter", "purchase", "withdrawal", "transfer_out",
    "balance_inquiry", "transfer_in", "refund", "reversal", "manual", "contactless", "token", "wrong_pin",
};
static const struct {
    const char *name;
    QuickWay way;
} ways[] = {
    {"amount_outlier", quick_amount_outlier},
    {"burst", quick_burst},
    {"cards_tested_at_merchant", quick_cards_tested_at_merchant},
    {"customer_in_two_places", quick_customer_in_two_places},
    {"dormant_wakes", quick_dormant_wakes},
    {"exposed_card", quick_exposed_card},
    {"impossible_travel", quick_impossible_travel},
    {"learned_risk", quick_learned_risk},
    {"new_country", quick_new_country},
    {"pin_guessing", quick_pin_guessing},
    {"terminal_hotspot", quick_terminal_hotspot},
    {"unusual_hour", quick_unusual_hour},
};
static PyTypeObject *transaction, *place_type;
static PyObject *quiet;

int prepare_quick(void)
{
    PyObject *events = PyImport_ImportModule("domain.events");
    int done = events == NULL || find_fields(events, "Transaction", quick_fields, Q_FIELDS) < 0
            || find_fields(events, "Place", quick_place_fields, P_FIELDS) < 0
        ? -1
        : 0;
    for (int i = 0; done == 0 && i < TEXTS; i++)
        done = (quick_texts[i] = PyUnicode_InternFromString(texts[i])) == NULL ? -1 : 0;
    Py_XDECREF(events);
    quiet = PyTuple_New(0);
    transaction = quick_fields[Q_AT_MS].type;
    place_type = quick_place_fields[P_LAT].type;
    return quiet == NULL || prepare_published() < 0 ? -1 : done;
}

int put_float(PyObject *list, Py_ssize_t place, double number)
{
    PyObject *old = PyList_GET_ITEM(list, place);
    if (PyFloat_CheckExact(old) && Py_REFCNT(old) == 1) { /* nobody else has it */
        ((PyFloatObject *)old)->ob_fval = number;
        return 0;
    }
    PyObject *new = PyFloat_FromDouble(number);
    return new == NULL ? -1 : PyList_SetItem(list, place, new);
}

int put_whole(PyObject *list, Py_ssize_t place, int64_t number)
{
    PyObject *new = PyLong_FromLongLong(number);
    return new == NULL ? -1 : PyList_SetItem(list, place, new);
}

/* Currencies of three plain letters with a type and a channel, or NULL, and the name of all. */
static struct {
    uint32_t currency;
    PyObject *type, *channel, *name;
} names[256];

PyObject *way_name(PyObject *event, int with_channel)
{
    PyObject *currency = of(event, &quick_fields[Q_CURRENCY]), *type = of(event, &quick_fields[Q_TYPE]);
    PyObject *channel = with_channel ? of(event, &quick_fields[Q_CHANNEL]) : NULL;
    if (!PyUnicode_IS_COMPACT_ASCII(currency) || PyUnicode_GET_LENGTH(currency) != 3
        || !PyUnicode_CHECK_INTERNED(type) || (channel != NULL && !PyUnicode_CHECK_INTERNED(channel)))
        return NULL;
    const unsigned char *letters = PyUnicode_DATA(currency);
    uint32_t code = letters[0] | letters[1] << 8 | (uint32_t)letters[2] << 16;
    uint64_t mixed = (code * 31u + ((uintptr_t)type >> 4)) * 31u + ((uintptr_t)channel >> 4);
    size_t place = (mixed ^ mixed >> 16) & 255;
    if (names[place].name == NULL || names[place].currency != code || names[place].type != type
        || names[place].channel != channel) {
        PyObject *name = channel == NULL ? PyUnicode_Concat(currency, type)
                                         : PyUnicode_FromFormat("%U|%U|%U", currency, type, channel);
        if (name == NULL) {
            PyErr_Clear();
            return NULL;
        }
        PyUnicode_InternInPlace(&name);
        Py_XSETREF(names[place].name, name);
        Py_XSETREF(names[place].type, Py_NewRef(type));
        Py_XSETREF(names[place].channel, Py_XNewRef(channel));
        names[place].currency = code;
    }
    return names[place].name;
}

PyObject *one_text(PyObject *text)
{
    Py_INCREF(text);
    if (PyUnicode_CheckExact(text))
        PyUnicode_InternInPlace(&text);
    return text;
}

static int known_place(PyObject *event)
{
    PyObject *place = of(event, &quick_fields[Q_PLACE]);
    return place == Py_None || Py_IS_TYPE(place, place_type);
}

static PyObject *quick_call(PyObject *self_, PyObject *const *given, size_t flagged, PyObject *names_)
{
    Quick *self = (Quick *)self_;
    if (PyVectorcall_NARGS(flagged) == 2 && names_ == NULL && Py_IS_TYPE(given[1], transaction)
        && known_place(given[1])) {
        int done = self->way(self, given[0], given[1]);
        PyObject *found = self->found;
        self->found = NULL;
        if (found != NULL)
            return found;
        if (done)
            return done < 0 ? NULL : Py_NewRef(quiet);
    }
    return PyObject_Vectorcall(self->step, given, flagged, names_);
}

/* Give a step that takes the quick way where it does: quick(name, step, facts). */
static PyObject *quick_new(PyTypeObject *type, PyObject *args, PyObject *names_)
{
    const char *name;
    PyObject *step, *facts;
    if (!PyArg_ParseTuple(args, "sOO!", &name, &step, &PyTuple_Type, &facts))
        return NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(facts);
    QuickWay way = NULL;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].name, name) == 0)
            way = ways[i].way;
    if (way == NULL || count > MOST_FACTS)
        return PyErr_Format(PyExc_ValueError, "there is no quick way %s with %zd facts", name, count);
    if (transaction == NULL || place_type == NULL)
        return Py_NewRef(step); /* events are not laid out as they were */
    Quick *self = (Quick *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->call = quick_call;
    self->way = way;
    self->step = Py_NewRef(step);
    self->facts = Py_NewRef(facts);
    self->slot = -1;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *fact = self->fact[i] = PyTuple_GET_ITEM(facts, i);
        self->whole[i] = PyLong_Check(fact) ? PyLong_AsLongLong(fact) : 0;
        self->number[i] = PyFloat_Check(fact) || PyLong_Check(fact) ? PyFloat_AsDouble(fact) : 0.0;
    }
    static const char *const of_uses[] = {"at_ms", "lat", "lon", "card"};
    for (int i = 0; count && PyType_Check(self->fact[0]) && i < 4; i++) {
        self->fields[i].text = of_uses[i];
        if (find_field((PyTypeObject *)self->fact[0], &self->fields[i]) < 0)
            PyErr_Clear();
    }
    if (PyErr_Occurred())
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void quick_dealloc(Quick *self)
{
    for (int i = 0; i < 4; i++)
        Py_XDECREF(self->fields[i].name);
    Py_XDECREF(self->step);
    Py_XDECREF(self->facts);
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject Quick_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "domain._hot.quick",
    .tp_doc = "Gives a step that takes the quick way of a detector where that does.",
    .tp_basicsize = sizeof(Quick),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Quick, call),
    .tp_call = PyVectorcall_Call,
    .tp_new = quick_new,
    .tp_dealloc = (destructor)quick_dealloc,
};
