/* The look at every event's times; the twin is stamp in connectors/stamping.py, and says what it does. */

#include "../instants.h"
#include "../kinds.h"

/* What an event's times are held against. */
typedef struct {
    int64_t earliest_ms, latest_ms, ahead_us;
} Bounds;

/* Give whether a time of an event is none, or at least `after_us` behind another: 1, 0, -1 with an exception set. */
static int comes_after(PyObject *time, int64_t other_us, int64_t after_us)
{
    int64_t us;
    if (time == NULL)
        return 1;
    if (since_epoch_us(time, &us) < 0)
        return -1;
    return us - other_us >= after_us;
}

/* Set an event's time in milliseconds: 1, 0 where its times are not believed, -1 with an exception set. */
static int stamp_one(const Bounds *bounds, PyObject *event)
{
    const Kind *kind = kind_of(event);
    PyObject *at = kind == NULL ? NULL : *time_of(event, kind, AT);
    int64_t us, at_ms;
    if (at == NULL || since_epoch_us(at, &us) < 0)
        return -1;
    at_ms = rounded_down(us, MILLISECOND_US);
    if (at_ms < bounds->earliest_ms || at_ms > bounds->latest_ms)
        return 0;
    int believed = comes_after(time_given(event, kind, INGESTED_AT), us, -bounds->ahead_us);
    if (believed > 0)
        believed = comes_after(time_given(event, kind, ENDED_AT), us, 0);
    if (believed <= 0)
        return believed;
    PyObject *stamp = PyLong_FromLongLong(at_ms);
    if (stamp == NULL)
        return -1;
    Py_XSETREF(*time_of(event, kind, AT_MS), stamp);
    return 1;
}

static PyObject *stamp(PyObject *module, PyObject *args)
{
    long long earliest_ms, latest_ms, ahead_ms;
    PyObject *given;
    if (!PyArg_ParseTuple(args, "OLLL", &given, &earliest_ms, &latest_ms, &ahead_ms))
        return NULL;
    Bounds bounds = {earliest_ms, latest_ms, ahead_ms * MILLISECOND_US};
    PyObject *events = PySequence_Fast(given, "a sequence of events was expected");
    int believed = events == NULL ? -1 : 1;
    for (Py_ssize_t i = 0; believed > 0 && i < PySequence_Fast_GET_SIZE(events); i++)
        believed = stamp_one(&bounds, PySequence_Fast_GET_ITEM(events, i));
    Py_XDECREF(events);
    return believed < 0 ? NULL : PyBool_FromLong(believed);
}

static PyMethodDef functions[] = {
    {"stamp", stamp, METH_VARARGS, "Set `at_ms` of each event; False as soon as one's times are not believed."},
    {NULL},
};

static int fill(PyObject *module)
{
    PyDateTime_IMPORT;
    return PyDateTimeAPI == NULL || find_kinds() < 0 || PyModule_AddStringConstant(module, "SOURCES", SOURCES) < 0
        ? -1
        : 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "connectors._hot",
    .m_doc = "What is done for every event that comes in; connectors/stamping.py has the twin in Python.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__hot(void) { return PyModuleDef_Init(&definition); }
