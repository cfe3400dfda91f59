/* The quick ways of burst and unusual_hour. */

#include "quick.h"

enum { ABOVE, ABOVE_MS, TIMES, SPENT };

/* Facts: reach in ms, lateness in ms, fewest uses that can be too many, count_declined. */
int quick_burst(Quick *self, PyObject *state, PyObject *event)
{
    int declined = is_declined(event);
    if (declined && !self->whole[3])
        return 1;
    if (!is_list(state, 4))
        return 0;
    PyObject *times = PyList_GET_ITEM(state, TIMES), *spent = PyList_GET_ITEM(state, SPENT);
    if (!PyList_CheckExact(times) || !PyList_CheckExact(spent) || PyList_GET_SIZE(times) != PyList_GET_SIZE(spent))
        return 0;
    Py_ssize_t count = PyList_GET_SIZE(times), gone = 0;
    int64_t at_ms = at_ms_of(event), oldest_ms = at_ms - self->whole[0] - self->whole[1];
    if (count && (!has_whole(times, count - 1) || at_ms < item_whole(times, count - 1)))
        return 0;
    while (gone < count && item_whole(times, gone) < oldest_ms)
        gone++;
    if (count - gone + 1 >= self->whole[2])
        return 0;
    PyObject *minor = declined ? PyLong_FromLong(0) : Py_NewRef(of(event, &quick_fields[Q_AMOUNT]));
    PyObject *currency = one_text(of(event, &quick_fields[Q_CURRENCY]));
    PyObject *use = minor == NULL ? NULL : PyTuple_Pack(2, minor, currency);
    Py_XDECREF(minor);
    Py_DECREF(currency);
    int done = use == NULL ? -1 : 0;
    if (done == 0 && gone)
        done = PyList_SetSlice(spent, 0, gone, NULL) < 0 || PyList_SetSlice(times, 0, gone, NULL) < 0 ? -1 : 0;
    if (done == 0 && gone && gone == count)
        put_item(state, ABOVE_MS, Py_None);
    if (done == 0)
        done = PyList_Append(times, of(event, &quick_fields[Q_AT_MS])) < 0 || PyList_Append(spent, use) < 0 ? -1 : 0;
    if (done == 0)
        put_item(state, ABOVE, Py_False);
    Py_XDECREF(use);
    return done < 0 ? -1 : 1;
}

enum { NEWEST_MS, FIRST_MS, VISIT_MS, VISITED, TOLD, PROFILE };
#define HOURS 24
#define ONE 4
#define MOST (256 * ONE)
#define SLOT_MS 900000

/* The twin of `add_hours` of domain/day_profile.py. */
static int add_hours(PyObject *profile, int64_t hours)
{
    int64_t sum = 0;
    for (Py_ssize_t hour = 0; hour < HOURS; hour++) {
        int64_t known = item_whole(profile, hour);
        if (hours >> hour & 1 && put_whole(profile, hour, known += ONE) < 0)
            return -1;
        sum += known;
    }
    for (Py_ssize_t hour = 0; sum >= MOST && hour < HOURS; hour++)
        if (put_whole(profile, hour, item_whole(profile, hour) / 2) < 0)
            return -1;
    return 0;
}

/* Find the local hour at a moment, and the meridian of the clocks then; mostly they are those of the last. */
static int find_hour(Quick *self, int64_t at_ms)
{
    int64_t slot = at_ms / SLOT_MS;
    if (slot == self->slot)
        return 0;
    PyObject *found = PyObject_CallFunction(self->fact[0], "OL", self->fact[1], (long long)slot);
    long hour;
    int done = found != NULL && PyArg_ParseTuple(found, "ld", &hour, &self->meridian) ? 0 : -1;
    if (done == 0) {
        self->hour = hour;
        self->slot = slot;
    }
    Py_XDECREF(found);
    return done;
}

/* Facts: what gives a local hour, the zone, count_declined, memory in ms, length of a visit in ms, limits of cash
   and of other money, how far in degrees the sun may be from the clocks. */
int quick_unusual_hour(Quick *self, PyObject *state, PyObject *event)
{
    if (is_declined(event) && !self->whole[2])
        return 1;
    int64_t at_ms = at_ms_of(event);
    if (at_ms < 0 || find_hour(self, at_ms) < 0)
        return at_ms < 0 ? 0 : -1;
    PyObject *place = of(event, &quick_fields[Q_PLACE]), *at = of(event, &quick_fields[Q_AT_MS]);
    if (place != Py_None) {
        double away = fabs(PyFloat_AsDouble(of(place, &quick_place_fields[P_LON])) - self->meridian);
        if (self->number[7] <= away && away <= 360 - self->number[7])
            return 1;
    }
    PyObject *limits = self->fact[is_type(event, WITHDRAWAL) ? 5 : 6];
    PyObject *limit = PyDict_GetItemWithError(limits, of(event, &quick_fields[Q_CURRENCY]));
    if (limit == NULL ? PyErr_Occurred() != NULL : whole_of(event, Q_AMOUNT) >= PyLong_AsLongLong(limit))
        return limit == NULL ? -1 : 0;
    if (!is_list(state, 6) || !is_list(PyList_GET_ITEM(state, PROFILE), HOURS) || !has_whole(state, NEWEST_MS)
        || !has_whole(state, VISIT_MS) || !has_whole(state, VISITED))
        return 0;
    int64_t newest_ms = item_whole(state, NEWEST_MS);
    if (at_ms > newest_ms) {
        int fresh = newest_ms == 0 && item_whole(state, VISITED) == 0 && PyList_GET_ITEM(state, TOLD) == Py_False;
        if (at_ms - newest_ms > self->whole[3] && !fresh)
            return 0; /* there is something to forget */
        put_item(state, NEWEST_MS, at);
        if (at_ms - newest_ms > self->whole[3]) {
            put_item(state, FIRST_MS, at);
            put_item(state, VISIT_MS, at);
        }
        else if (at_ms - item_whole(state, VISIT_MS) >= self->whole[4]) {
            if (PyList_GET_ITEM(state, TOLD) == Py_False
                && add_hours(PyList_GET_ITEM(state, PROFILE), item_whole(state, VISITED)) < 0)
                return -1;
            put_item(state, VISIT_MS, at);
            put_item(state, TOLD, Py_False);
            if (put_whole(state, VISITED, 0) < 0)
                return -1;
        }
    }
    if (PyList_GET_ITEM(state, TOLD) == Py_False
        && put_whole(state, VISITED, item_whole(state, VISITED) | 1LL << self->hour) < 0)
        return -1;
    return 1;
}

enum { FIRST, NEWEST, RECENT, USUAL, TRIES, DECLINED_TRIES, BEGAN, LAST, TOLD_CARDS, RUN };

/* Facts: count_declined, memory in ms, window in ms, habit in ms, what is small. */
int quick_cards_tested_at_merchant(Quick *self, PyObject *state, PyObject *event)
{
    if (is_declined(event))
        return !self->whole[0];
    PyObject *small = PyDict_GetItemWithError(self->fact[4], of(event, &quick_fields[Q_CURRENCY]));
    if (small == NULL && PyErr_Occurred())
        return -1;
    if (whole_of(event, Q_AMOUNT) <= (small == NULL ? 0 : PyLong_AsLongLong(small)) || !is_list(state, 10)
        || !has_whole(state, NEWEST) || !has_float(state, RECENT) || !has_float(state, USUAL)
        || !PyDict_CheckExact(PyList_GET_ITEM(state, RUN)) || PyDict_GET_SIZE(PyList_GET_ITEM(state, RUN)))
        return 0;
    int64_t gap_ms = at_ms_of(event) - item_whole(state, NEWEST);
    if (gap_ms > self->whole[1])
        return 0;
    double recent = item_float(state, RECENT), usual = item_float(state, USUAL);
    if (gap_ms > 0) {
        put_item(state, NEWEST, of(event, &quick_fields[Q_AT_MS]));
        recent *= exp((double)-gap_ms / self->number[2]);
        usual *= exp((double)-gap_ms / self->number[3]);
        gap_ms = 0;
    }
    recent += exp((double)gap_ms / self->number[2]);
    usual += exp((double)gap_ms / self->number[3]);
    return put_float(state, RECENT, recent) < 0 || put_float(state, USUAL, usual) < 0 ? -1 : 1;
}
