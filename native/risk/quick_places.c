/* The quick ways of new_country, impossible_travel and customer_in_two_places. */

#include "quick.h"

#define HALF_LIFE_DAYS 180

static int is_card_present(PyObject *event)
{
    PyObject *channel = of(event, &quick_fields[Q_CHANNEL]);
    return is_text(channel, POS) || is_text(channel, ATM) || is_text(channel, COUNTER);
}

static double fading(int64_t days) { return exp2((double)-days / HALF_LIFE_DAYS); }

enum { DAY, COUNTRY, TICKET, PRESENT, NUMBER };
enum { CODE, WEIGHT, NEWEST };

/* Give the place of a country among those known, as many as these where it is not; -1 where one is to be
   forgotten, or they are not what they should be. */
static Py_ssize_t place_of_country(PyObject *countries, PyObject *code, int64_t oldest_day)
{
    Py_ssize_t count = PyList_GET_SIZE(countries), place = count;
    for (Py_ssize_t i = count - 1; i >= 0; i--) {
        PyObject *known = PyList_GET_ITEM(countries, i);
        if (!is_list(known, 3) || !has_float(known, WEIGHT) || !has_whole(known, NEWEST)
            || item_whole(known, NEWEST) <= oldest_day)
            return -1;
        if (same_text(PyList_GET_ITEM(known, CODE), code))
            place = i;
    }
    return place;
}

/* Facts: count_declined, what is bought for journeys, memory in days. */
int quick_new_country(Quick *self, PyObject *state, PyObject *event)
{
    PyObject *mcc = of(event, &quick_fields[Q_MCC]), *place = of(event, &quick_fields[Q_PLACE]);
    if (is_declined(event) && !self->whole[0])
        return 1;
    int64_t at_ms = at_ms_of(event), day = at_ms / DAY_MS;
    int ticket = mcc == Py_None ? 0 : PySet_Contains(self->fact[1], mcc);
    if (ticket || at_ms < 0)
        return ticket < 0 ? -1 : 0;
    PyObject *code = place == Py_None ? Py_None : of(place, &quick_place_fields[P_COUNTRY]);
    if (code == Py_None)
        return 1;
    if (!is_card_present(event) || is_text(of(event, &quick_fields[Q_ENTRY]), MANUAL) || !is_list(state, 5)
        || !has_whole(state, DAY) || !PyList_CheckExact(PyList_GET_ITEM(state, PRESENT)))
        return 0;
    int64_t last_day = item_whole(state, DAY);
    int same = same_text(code, PyList_GET_ITEM(state, COUNTRY));
    if (same && day == last_day)
        return 1;
    PyObject *countries = PyList_GET_ITEM(state, PRESENT);
    Py_ssize_t where = place_of_country(countries, code, day - self->whole[2]);
    if (where < 0 || (where == PyList_GET_SIZE(countries) && where > 0))
        return 0;
    PyObject *one = one_text(code), *today = PyLong_FromLongLong(day), *known = NULL;
    int done = today == NULL ? -1 : 0;
    if (done == 0 && where == PyList_GET_SIZE(countries)) {
        known = Py_BuildValue("[OdO]", one, 1.0, today);
        done = known == NULL ? -1 : PyList_Append(countries, known);
        Py_XDECREF(known);
    }
    else if (done == 0) {
        known = PyList_GET_ITEM(countries, where);
        int64_t newest = item_whole(known, NEWEST), newer = day > newest ? day : newest;
        if (day != newest)
            done = put_float(known, WEIGHT, item_float(known, WEIGHT) * fading(newer - newest) + fading(newer - day));
        if (day > newest)
            put_item(known, NEWEST, today);
    }
    if (done == 0 && day >= last_day) {
        put_item(state, DAY, today);
        if (!same)
            put_item(state, COUNTRY, one);
    }
    Py_DECREF(one);
    Py_XDECREF(today);
    return done < 0 ? -1 : 1;
}

enum { USE_AT_MS, USE_LAT, USE_LON, USE_CARD };

static int64_t use_at_ms(Quick *self, PyObject *uses, Py_ssize_t place)
{
    return whole_field(PyList_GET_ITEM(uses, place), &self->fields[USE_AT_MS]);
}

/* Give the uses of a state that is uses and what was reported of them, NULL where the whole step is to be taken;
   `gone` is how many of them are too old. */
static PyObject *uses_of(Quick *self, PyObject *state, int64_t at_ms, int64_t memory_ms, Py_ssize_t *gone)
{
    PyObject *uses = PyTuple_CheckExact(state) && PyTuple_GET_SIZE(state) == 2 ? PyTuple_GET_ITEM(state, 0) : NULL;
    *gone = 0;
    if (uses == NULL || !PyList_CheckExact(uses))
        return NULL;
    Py_ssize_t count = PyList_GET_SIZE(uses);
    if (count && at_ms < use_at_ms(self, uses, count - 1))
        return NULL;
    while (*gone < count && use_at_ms(self, uses, *gone) < at_ms - memory_ms)
        ++*gone;
    return *gone && !is_list(PyTuple_GET_ITEM(state, 1), 0) ? NULL : uses;
}

/* Put a new use behind those that are not gone, at most so many; takes it over. */
static int append_use(PyObject *uses, Py_ssize_t gone, PyObject *use, Py_ssize_t most)
{
    if (use == NULL)
        return -1;
    if (PyList_GET_SIZE(uses) - gone + 1 > most)
        gone++;
    int done = gone ? PyList_SetSlice(uses, 0, gone, NULL) : 0;
    if (done == 0)
        done = PyList_Append(uses, use);
    Py_DECREF(use);
    return done < 0 ? -1 : 1;
}

/* Facts: the type of a use, count_declined, memory in ms, least way in km, km in a degree, most uses. */
int quick_impossible_travel(Quick *self, PyObject *state, PyObject *event)
{
    PyObject *place = of(event, &quick_fields[Q_PLACE]), *at = of(event, &quick_fields[Q_AT_MS]);
    if (place == Py_None || is_type(event, TRANSFER_IN) || is_type(event, REFUND) || is_type(event, REVERSAL)
        || is_text(of(event, &quick_fields[Q_ENTRY]), MANUAL) || (is_declined(event) && !self->whole[1]))
        return 1;
    if (of(event, &quick_fields[Q_ENDED_AT]) != Py_None)
        return 0;
    Py_ssize_t gone;
    PyObject *uses = uses_of(self, state, at_ms_of(event), self->whole[2], &gone);
    PyObject *lat = of(place, &quick_place_fields[P_LAT]), *lon = of(place, &quick_place_fields[P_LON]);
    if (uses == NULL)
        return 0;
    if (PyList_GET_SIZE(uses) > gone) {
        PyObject *last = PyList_GET_ITEM(uses, PyList_GET_SIZE(uses) - 1);
        double south = fabs(number_field(last, &self->fields[USE_LAT]) - PyFloat_AsDouble(lat));
        double east = fabs(number_field(last, &self->fields[USE_LON]) - PyFloat_AsDouble(lon));
        if ((south + east) * self->number[4] > self->number[3])
            return 0;
    }
    PyObject *currency = one_text(of(event, &quick_fields[Q_CURRENCY]));
    PyObject *city = one_text(of(place, &quick_place_fields[P_CITY]));
    PyObject *atm = is_text(of(event, &quick_fields[Q_CHANNEL]), ATM) ? Py_True : Py_False;
    PyObject *told[] = {at, at, lat, lon, of(place, &quick_place_fields[P_ERROR_KM]), city, atm,
                        of(event, &quick_fields[Q_AMOUNT]), currency, of(event, &quick_fields[Q_EVENT_ID])};
    PyObject *use = PyObject_Vectorcall(self->fact[0], told, sizeof told / sizeof *told, NULL);
    Py_DECREF(currency);
    Py_DECREF(city);
    return append_use(uses, gone, use, self->whole[5]);
}

/* Facts: the type of a use, count_declined, memory in ms, most uses. */
int quick_customer_in_two_places(Quick *self, PyObject *state, PyObject *event)
{
    PyObject *place = of(event, &quick_fields[Q_PLACE]), *at = of(event, &quick_fields[Q_AT_MS]);
    PyObject *card = of(event, &quick_fields[Q_CARD]);
    if (place == Py_None || is_text(of(event, &quick_fields[Q_ENTRY]), MANUAL)
        || (is_declined(event) && !self->whole[1]))
        return 1;
    if (of(event, &quick_fields[Q_ENDED_AT]) != Py_None)
        return 0;
    Py_ssize_t gone;
    PyObject *uses = uses_of(self, state, at_ms_of(event), self->whole[2], &gone);
    if (uses == NULL)
        return 0;
    if (PyList_GET_SIZE(uses) > gone) {
        PyObject *last = field(PyList_GET_ITEM(uses, PyList_GET_SIZE(uses) - 1), &self->fields[USE_CARD]);
        int same = last != NULL && same_text(last, card);
        Py_XDECREF(last);
        if (!same)
            return last == NULL ? -1 : 0;
    }
    PyObject *currency = one_text(of(event, &quick_fields[Q_CURRENCY]));
    PyObject *city = one_text(of(place, &quick_place_fields[P_CITY]));
    int atm = is_text(of(event, &quick_fields[Q_CHANNEL]), ATM);
    PyObject *told[] = {at, card, of(event, &quick_fields[Q_AMOUNT]), currency, of(event, &quick_fields[Q_BALANCE]),
                        at, of(place, &quick_place_fields[P_LAT]), of(place, &quick_place_fields[P_LON]),
                        of(place, &quick_place_fields[P_ERROR_KM]), city, atm ? Py_True : Py_False,
                        atm && is_type(event, WITHDRAWAL) ? Py_True : Py_False,
                        of(event, &quick_fields[Q_EVENT_ID]), of(event, &quick_fields[Q_LAST4])};
    PyObject *use = PyObject_Vectorcall(self->fact[0], told, sizeof told / sizeof *told, NULL);
    Py_DECREF(currency);
    Py_DECREF(city);
    return append_use(uses, gone, use, self->whole[3]);
}
