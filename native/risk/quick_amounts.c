/* The quick ways of amount_outlier, dormant_wakes and pin_guessing. */

#include "quick.h"

/* The twin of `learn` of domain/moments.py, on a list that begins with count, mean and variance. */
static int learn(PyObject *moments, double value, double gain, double clip, int64_t least, double floor)
{
    int64_t known = item_whole(moments, 0);
    double mean = item_float(moments, 1), variance = item_float(moments, 2);
    double away = value - mean;
    if (known >= least && away * away > clip * clip * variance && fabs(away) > clip * floor) {
        double spread = sqrt(variance);
        away = copysign(clip * (floor > spread ? floor : spread), away);
    }
    double step = 1.0 / (double)(known + 1);
    if (step < gain)
        step = gain;
    return put_whole(moments, 0, known + 1) < 0 || put_float(moments, 1, mean + step * away) < 0
            || put_float(moments, 2, (1 - step) * (variance + step * away * away)) < 0
        ? -1
        : 1;
}

/* Facts: count_declined, memory in ms, min_history, least reach, gain, clip, least known, least spread. */
int quick_amount_outlier(Quick *self, PyObject *state, PyObject *event)
{
    if (is_declined(event) && !self->whole[0])
        return 1;
    int64_t at_ms = at_ms_of(event), minor = whole_of(event, Q_AMOUNT);
    PyObject *at = of(event, &quick_fields[Q_AT_MS]), *segment = way_name(event, 1);
    if (segment == NULL || minor < 0 || !PyDict_CheckExact(state))
        return 0;
    double value = minor ? log((double)minor) : 0.0;
    PyObject *habit = PyDict_GetItemWithError(state, segment);
    if (habit != NULL
        && (!is_list(habit, 4) || !has_whole(habit, 0) || !has_float(habit, 1) || !has_float(habit, 2)
            || !has_whole(habit, 3)))
        return 0;
    if (habit == NULL || at_ms - item_whole(habit, 3) > self->whole[1]) {
        if (PyErr_Occurred() || (habit == NULL && PyDict_GET_SIZE(state) >= 8))
            return PyErr_Occurred() ? -1 : 0;
        if ((habit = Py_BuildValue("[iddO]", 0, 0.0, 0.0, at)) == NULL)
            return -1;
        int done = PyDict_SetItem(state, segment, habit);
        Py_DECREF(habit); /* the state has it */
        if (done < 0)
            return -1;
    }
    else {
        if (item_whole(habit, 0) >= self->whole[2] && value - item_float(habit, 1) > self->number[3])
            return 0;
        if (at_ms > item_whole(habit, 3))
            put_item(habit, 3, at);
    }
    return learn(habit, value, self->number[4], self->number[5], self->whole[6], self->number[7]);
}

enum { LAST_MS_, USES_, HIGH, CURRENCY_, WAKING };

/* Let an amount become part of the habit. Facts from `first` on: min_history, most uses, lifted, lowered. */
static int learn_high(Quick *self, PyObject *state, PyObject *event, int first)
{
    if (!(is_type(event, PURCHASE) || is_type(event, WITHDRAWAL) || is_type(event, TRANSFER_OUT))
        || is_declined(event))
        return 1;
    int64_t uses = item_whole(state, USES_);
    double high = item_float(state, HIGH), amount = (double)whole_of(event, Q_AMOUNT);
    PyObject *currency = of(event, &quick_fields[Q_CURRENCY]);
    if (!same_text(currency, PyList_GET_ITEM(state, CURRENCY_))) {
        if (uses)
            return put_whole(state, USES_, uses - 1) < 0 ? -1 : 1;
        PyObject *one = one_text(currency);
        put_item(state, CURRENCY_, one);
        Py_DECREF(one);
        high = 0.0;
        if (put_float(state, HIGH, high) < 0)
            return -1;
    }
    int above = amount > high;
    if (uses >= self->whole[first])
        high *= above ? self->number[first + 2] : self->number[first + 3];
    else if (above)
        high = amount;
    if (put_float(state, HIGH, high) < 0 || (uses < self->whole[first + 1] && put_whole(state, USES_, uses + 1) < 0))
        return -1;
    return 1;
}

/* Facts: rare in ms, memory in ms, all_seen_since, min_history, most uses, lifted, lowered. */
int quick_dormant_wakes(Quick *self, PyObject *state, PyObject *event)
{
    if (!is_list(state, 5) || PyList_GET_ITEM(state, WAKING) != Py_None || !has_whole(state, LAST_MS_)
        || !has_whole(state, USES_) || !has_float(state, HIGH))
        return 0;
    int64_t at_ms = at_ms_of(event), last_ms = item_whole(state, LAST_MS_);
    PyObject *at = of(event, &quick_fields[Q_AT_MS]);
    if (at_ms - last_ms >= self->whole[0]) {
        /* A card that was never seen, or is forgotten, and may have been in use all the time. */
        int open = self->fact[2] != Py_None && of(event, &quick_fields[Q_ISSUED]) != Py_None;
        if (at_ms - last_ms <= self->whole[1] || open)
            return 0;
        PyObject *empty = PyUnicode_New(0, 127);
        if (empty == NULL || put_whole(state, USES_, 0) < 0 || put_float(state, HIGH, 0.0) < 0) {
            Py_XDECREF(empty);
            return -1;
        }
        put_item(state, CURRENCY_, empty);
        Py_DECREF(empty);
    }
    if (at_ms > last_ms)
        put_item(state, LAST_MS_, at);
    return learn_high(self, state, event, 3);
}

enum { LAST, WRONG, TOLD_MS, SLOW_TOLD, TAKEN, HABITS };

static int is_empty_list(PyObject *value) { return is_list(value, 0); }

/* Facts: memory in ms, count_unexplained, uses of a habit, most habits. */
int quick_pin_guessing(Quick *self, PyObject *state, PyObject *event)
{
    if (is_declined(event)) {
        PyObject *reason = of(event, &quick_fields[Q_DECLINE_REASON]);
        return reason == Py_None ? !self->whole[1] : !is_text(reason, WRONG_PIN);
    }
    PyObject *entry = of(event, &quick_fields[Q_ENTRY]);
    if (is_type(event, BALANCE_INQUIRY)
        || (is_text(of(event, &quick_fields[Q_CHANNEL]), POS)
            && (is_text(entry, CONTACTLESS) || is_text(entry, TOKEN) || is_text(entry, MANUAL))))
        return 1;
    PyObject *name = way_name(event, 0);
    if (name == NULL || !is_list(state, 6) || !has_whole(state, LAST) || !is_empty_list(PyList_GET_ITEM(state, WRONG))
        || !PyDict_CheckExact(PyList_GET_ITEM(state, HABITS)))
        return 0;
    int64_t at_ms = at_ms_of(event), last_ms = item_whole(state, LAST), minor = whole_of(event, Q_AMOUNT);
    PyObject *habits = PyList_GET_ITEM(state, HABITS);
    if (at_ms - last_ms > self->whole[0]
        && (PyDict_GET_SIZE(habits) || PyList_GET_ITEM(state, TOLD_MS) != Py_None
            || PyList_GET_ITEM(state, SLOW_TOLD) != Py_False || !is_empty_list(PyList_GET_ITEM(state, TAKEN))))
        return 0; /* there is something to forget */
    PyObject *habit = PyDict_GetItemWithError(habits, name);
    if (habit == NULL) {
        if (PyErr_Occurred() || PyDict_GET_SIZE(habits) >= self->whole[3])
            return PyErr_Occurred() ? -1 : 0;
        if ((habit = Py_BuildValue("[id]", 1, (double)minor)) == NULL)
            return -1;
        int done = PyDict_SetItem(habits, name, habit);
        Py_DECREF(habit);
        if (done < 0)
            return -1;
    }
    else {
        if (!is_list(habit, 2) || !has_whole(habit, 0) || !has_float(habit, 1))
            return 0;
        int64_t count = item_whole(habit, 0);
        double mean = item_float(habit, 1);
        if (count < self->whole[2] && put_whole(habit, 0, ++count) < 0)
            return -1;
        if (put_float(habit, 1, mean + ((double)minor - mean) / (double)count) < 0)
            return -1;
    }
    if (at_ms > last_ms)
        put_item(state, LAST, of(event, &quick_fields[Q_AT_MS]));
    return 1;
}
