/* How a use compares with the habits before it, feature by feature; the twin is `measure` of
   domain/risk_habits.py. */

#include "hot.h"

#define LEAST_PACE 0.1
#define FEATURES 31

static PyObject *number_0, *number_1;

int prepare_measuring(void)
{
    number_0 = PyFloat_FromDouble(0.0);
    number_1 = PyFloat_FromDouble(1.0);
    return number_0 == NULL || number_1 == NULL ? -1 : 0;
}

/* The values so far, in the order of the features; None where nothing is known. */
typedef struct {
    PyObject *tuple; /* NULL once something failed */
    Py_ssize_t count;
} Values;

/* Take a reference over, NULL after a failure. */
static void put(Values *values, PyObject *value)
{
    if (value == NULL)
        Py_CLEAR(values->tuple);
    if (values->tuple == NULL)
        Py_XDECREF(value);
    else
        PyTuple_SET_ITEM(values->tuple, values->count++, value);
}

static void put_number(Values *values, double number) { put(values, PyFloat_FromDouble(number)); }

static void put_unknown(Values *values, int count)
{
    while (count--)
        put(values, Py_NewRef(Py_None));
}

static void put_if(Values *values, int known, double number)
{
    put(values, known ? PyFloat_FromDouble(number) : Py_NewRef(Py_None));
}

/* Put the number of a name, unknown where there is no name. */
static void put_name(Values *values, int which, PyObject *name, int optional)
{
    PyObject *number = name == NULL ? NULL : number_of_name(which, name);
    if (number == NULL && !optional && !PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, name);
    put(values, number != NULL ? Py_NewRef(number) : PyErr_Occurred() ? NULL : Py_NewRef(Py_None));
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
    put(values, of_record(record, LATELY));
    put(values, of_record(record, LONG));
    int64_t row = whole_of_record(record, ROW);
    double row_days = (double)(at_ms - whole_of_record(record, ROW_MS)) / DAY_MS;
    double days = (double)(at_ms - whole_of_record(record, LAST_MS)) / DAY_MS;
    put_number(values, (double)row);
    put_if(values, row != 0, row_days > 0.0 ? row_days : 0.0);
    put_number(values, days > 0.0 ? days : 0.0);
    put_number(values, (double)whole_of_record(record, GENUINE));
    put(values, of_record(record, USES));
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
    put(values, Py_NewRef(use->declined ? number_1 : number_0));
    put_if(values, amount.share_known, amount.share);
    put_record(values, record, use->at_ms);
    Py_XDECREF(abroad.usual);
    Py_XDECREF(abroad.country);
    return PyErr_Occurred() ? -1 : 0;
}

PyObject *measure(PyObject *module, PyObject *const *given, Py_ssize_t count)
{
    if (count != 3 || !Py_IS_TYPE(given[0], &Habits_Type)) {
        PyErr_SetString(PyExc_TypeError, "habits, a transaction and a record or None were expected");
        return NULL;
    }
    Use use;
    if (read_use(given[1], &use) < 0)
        return NULL;
    Values values = {PyTuple_New(FEATURES), 0};
    if (values.tuple != NULL && compare((Habits *)given[0], &use, given[2], &values) < 0)
        Py_CLEAR(values.tuple);
    drop_use(&use);
    return values.tuple;
}
