/* How a use compares with the habits before it, feature by feature; the twins are `measure` of
   domain/risk_habits.py and `weigh` of domain/risk_sums.py. */

#include "hot.h"

#define LEAST_PACE 0.1
#define FEATURES 31

/* The values so far, in the order of the features, and of which something is known. */
typedef struct {
    double of[FEATURES];
    unsigned char known[FEATURES];
    int count;
} Values;

static void put_if(Values *values, int known, double number)
{
    values->known[values->count] = (unsigned char)known;
    values->of[values->count++] = known ? number : 0.0;
}

static void put_number(Values *values, double number) { put_if(values, 1, number); }

static void put_unknown(Values *values, int count)
{
    while (count--)
        put_if(values, 0, 0.0);
}

/* Put the number of a name, unknown where there is no name. */
static void put_name(Values *values, int which, PyObject *name, int optional)
{
    PyObject *number = name == NULL ? NULL : number_of_name(which, name);
    if (number == NULL && !optional && !PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, name);
    put_if(values, number != NULL, number == NULL ? 0.0 : PyFloat_AsDouble(number));
}

static void put_windows(Values *values, const double *sums, int64_t since_ms)
{
    int punctual = since_ms <= MEMORY_MS;
    double hours = (double)since_ms / HOUR_MS;
    double day = sums[USES_1D], week = sums[USES_7D], month = sums[USES_30D];
    if (day == 0.0) {
        put_unknown(values, 8);
        put_if(values, punctual, sums[DECLINED_1D]);
    }
    else {
        put_number(values, day);
        put_number(values, week);
        put_number(values, month);
        put_number(values, day / (month / 30 + LEAST_PACE));
        put_number(values, divided(sums[SPEND_1D], day));
        put_number(values, divided(sums[SPEND_7D], week));
        put_number(values, sums[SPEND_30D] / month);
        put_number(values, sums[LARGE_7D]);
        put_number(values, sums[DECLINED_1D]);
    }
    put_if(values, punctual, hours);
}

static void put_record(Values *values, PyObject *record, int64_t at_ms)
{
    if (record == Py_None) {
        put_unknown(values, RECORD_FIELDS);
        return;
    }
    put_number(values, number_of_record(record, LATELY));
    put_number(values, number_of_record(record, LONG));
    int64_t row = whole_of_record(record, ROW);
    double row_days = (double)(at_ms - whole_of_record(record, ROW_MS)) / DAY_MS;
    double days = (double)(at_ms - whole_of_record(record, LAST_MS)) / DAY_MS;
    put_number(values, (double)row);
    put_if(values, row != 0, row_days > 0.0 ? row_days : 0.0);
    put_number(values, days > 0.0 ? days : 0.0);
    put_number(values, (double)whole_of_record(record, GENUINE));
    put_number(values, number_of_record(record, USES));
}

/* Compare with all that was before, and learn; -1 with an exception set. */
static int compare(Habits *habits, const Use *use, PyObject *record, Values *values)
{
    double weights[3], habit = 0.0, km = 0.0;
    int64_t since_ms = arrive(habits, use->at_ms, weights);
    double weight = use->declined ? 0.0 : weights[2];
    Amount amount = {0};
    Abroad abroad = {0};
    int habit_known = hour_habit(habits->sums, use->at_ms, weight, &habit);
    if (compare_amount(habits, use, weight, &amount) < 0)
        return -1;
    int km_known = use->located && away_km(&habits->middle, use, habits->last_ms, weight, &km);
    if (use->country != NULL && compare_country(habits, use->country, weight, &abroad) < 0)
        return -1;
    put_number(values, amount.amount);
    put_if(values, amount.usual_known, amount.ratio);
    put_if(values, amount.usual_known, amount.deviations);
    put_windows(values, habits->sums, since_ms);
    count_use(habits->sums, &amount, weights, use->declined);
    put_number(values, (double)time_of_day(use->at_ms) / HOUR_MS);
    put_if(values, habit_known, habit);
    put_if(values, km_known, km);
    put_if(values, abroad.share_known, abroad.share);
    put_name(values, COUNTRIES, abroad.usual, 1);
    put_name(values, COUNTRIES, abroad.country, 1);
    put_name(values, CHANNELS, use->channel, 0);
    put_name(values, TYPES, use->type, 0);
    put_name(values, ENTRIES, use->entry, 0);
    put_number(values, use->declined ? 1.0 : 0.0);
    put_if(values, amount.share_known, amount.share);
    put_record(values, record, use->at_ms);
    Py_XDECREF(abroad.usual);
    Py_XDECREF(abroad.country);
    return PyErr_Occurred() ? -1 : 0;
}

/* Measure what was given: habits, a transaction, a record or None; -1 with an exception set. */
static int measured(PyObject *const *given, int fits, Values *values)
{
    if (!fits || !Py_IS_TYPE(given[0], &Habits_Type)) {
        PyErr_SetString(PyExc_TypeError, "habits, a transaction and a record or None were expected");
        return -1;
    }
    Use use;
    values->count = 0;
    if (read_use(given[1], &use) < 0)
        return -1;
    int done = compare((Habits *)given[0], &use, given[2], values);
    drop_use(&use);
    return done;
}

static PyObject *told(const Values *values)
{
    PyObject *tuple = PyTuple_New(FEATURES);
    for (int i = 0; tuple != NULL && i < FEATURES; i++) {
        PyObject *value = values->known[i] ? PyFloat_FromDouble(values->of[i]) : Py_NewRef(Py_None);
        if (value == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, value);
    }
    return tuple;
}

PyObject *measure(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    Values values;
    return measured(given, count == 3, &values) < 0 ? NULL : told(&values);
}

PyObject *weigh(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    Values values;
    double score, unlikely;
    if (measured(given, count == 6, &values) < 0
        || weighed(given[3], given[4], values.of, values.known, FEATURES, &score) < 0)
        return NULL;
    if (((unlikely = PyFloat_AsDouble(given[5])) == -1.0 && PyErr_Occurred()) || score <= unlikely)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    PyObject *tuple = told(&values);
    return tuple == NULL ? NULL : Py_BuildValue("(Nd)", tuple, score);
}
