/* The loop over the events of a bucket; the twin is class Stepper of flows/stepping.py, and says what it does. */

#include "flow.h"

enum { LATEST, IDS };
#define MOST_IDS 16
#define PARTER '\n'

enum { AT_MS, EVENT_ID, CHANNEL, TYPE, EVENT_FIELDS };
static Field event_fields[] = {{"at_ms"}, {"event_id"}, {"channel"}, {"type"}};
static PyTypeObject *transaction;

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    Field key;
    int64_t memory_ms;
    PyObject *steps_of_use, *steps_of; /* by channel and type, and by the class of an event */
    PyObject *wake, *start, *last_ids, *tell, *fail;
} Stepper;

/* What a run over a batch has come to. */
typedef struct {
    PyObject *live, *alerts;
    int64_t latest_ms;
    long repeats, late;
} Run;

/* Give the cell of an event's key, a new reference, as it was until now; `known_ms` is its latest time. */
static PyObject *cell_of(Stepper *self, Run *run, PyObject *key, PyObject *at, int64_t *known_ms)
{
    PyObject *cell = PyDict_GetItemWithError(run->live, key);
    if (cell != NULL)
        Py_INCREF(cell);
    else if (PyErr_Occurred() || (cell = PyObject_CallFunctionObjArgs(self->wake, key, at, NULL)) == NULL)
        return NULL;
    *known_ms = PyLong_AsLongLong(PyList_GET_ITEM(cell, LATEST));
    if (run->latest_ms - *known_ms > self->memory_ms) {
        Py_SETREF(cell, PyObject_CallFunctionObjArgs(self->start, key, at, NULL));
        *known_ms = cell == NULL ? -1 : PyLong_AsLongLong(at);
    }
    return cell;
}

/* Give whether an id is among the last ones: 1 or 0, -1 with an exception set. */
static int is_repeat(PyObject *ids, PyObject *id)
{
    int found = PyUnicode_Contains(ids, id);
    if (found <= 0)
        return found;
    PyObject *whole = PyUnicode_FromFormat("%c%U%c", PARTER, id, PARTER);
    found = whole == NULL ? -1 : PyUnicode_Contains(ids, whole);
    Py_XDECREF(whole);
    return found;
}

/* Put an id behind the last ones. */
static int remember_id(Stepper *self, PyObject *cell, PyObject *id)
{
    PyObject *ids = PyList_GET_ITEM(cell, IDS), *longer;
    Py_ssize_t before = PyUnicode_GET_LENGTH(ids), length = PyUnicode_GET_LENGTH(id);
    if (PyUnicode_IS_COMPACT_ASCII(ids) && PyUnicode_IS_COMPACT_ASCII(id)) {
        if ((longer = PyUnicode_New(before + length + 1, 127)) == NULL)
            return -1;
        char *text = PyUnicode_DATA(longer);
        memcpy(text, PyUnicode_DATA(ids), before);
        memcpy(text + before, PyUnicode_DATA(id), length);
        text[before + length] = PARTER;
    }
    else if ((longer = PyUnicode_FromFormat("%U%U%c", ids, id, PARTER)) == NULL)
        return -1;
    if (before + length + 1 > MOST_IDS * (length + 1) + 1) {
        Py_SETREF(longer, PyObject_CallOneArg(self->last_ids, longer));
        if (longer == NULL)
            return -1;
    }
    return PyList_SetItem(cell, IDS, longer);
}

/* Give the steps of those that want an event, borrowed; KeyError where nobody reads its kind. */
static PyObject *steps_for(Stepper *self, PyObject *event)
{
    PyObject *where = self->steps_of, *name = Py_NewRef((PyObject *)Py_TYPE(event)), *found;
    if (Py_IS_TYPE(event, transaction)) {
        Py_SETREF(name, field(event, &event_fields[CHANNEL]));
        where = name == NULL ? NULL : PyDict_GetItemWithError(self->steps_of_use, name);
        if (where != NULL)
            Py_SETREF(name, field(event, &event_fields[TYPE]));
    }
    found = where == NULL || name == NULL ? NULL : PyDict_GetItemWithError(where, name);
    if (found == NULL && !PyErr_Occurred())
        PyErr_SetObject(PyExc_KeyError, name);
    Py_XDECREF(name);
    return found;
}

/* Hand the exception that is set, if it is one of a detector, to who counts and logs it. */
static int tell_failure(Stepper *self, PyObject *watcher)
{
    PyObject *type, *error, *trace, *done;
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return -1;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    if (trace != NULL)
        PyException_SetTraceback(error, trace);
    done = PyObject_CallFunctionObjArgs(self->fail, watcher, error, NULL);
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Give a detector's state, borrowed from the cell; it is made where there is none yet. */
static PyObject *state_of(PyObject *cell, PyObject *step)
{
    Py_ssize_t place = PyLong_AsSsize_t(PyTuple_GET_ITEM(step, 0));
    if (PyList_GET_ITEM(cell, place) == Py_None) {
        PyObject *state = PyObject_CallNoArgs(PyTuple_GET_ITEM(step, 3));
        if (state == NULL || PyList_SetItem(cell, place, state) < 0)
            return NULL;
    }
    return PyList_GET_ITEM(cell, place);
}

/* Let each detector that wants an event see it. */
static int step_all(Stepper *self, Run *run, PyObject *cell, PyObject *key, PyObject *event)
{
    PyObject *steps = steps_for(self, event);
    for (Py_ssize_t i = 0; steps != NULL && i < PyTuple_GET_SIZE(steps); i++) {
        PyObject *one = PyTuple_GET_ITEM(steps, i), *watcher = PyTuple_GET_ITEM(one, 2), *done = NULL;
        PyObject *given[] = {state_of(cell, one), event};
        PyObject *found = given[0] == NULL ? NULL : PyObject_Vectorcall(PyTuple_GET_ITEM(one, 1), given, 2, NULL);
        if (found == NULL) {
            if (tell_failure(self, watcher) < 0)
                return -1;
            continue;
        }
        int quiet = PyTuple_CheckExact(found) && PyTuple_GET_SIZE(found) == 0;
        if (!quiet)
            done = PyObject_CallFunctionObjArgs(self->tell, run->alerts, watcher, key, found, event, NULL);
        Py_DECREF(found);
        Py_XDECREF(done);
        if (!quiet && done == NULL)
            return -1;
    }
    return steps == NULL ? -1 : 0;
}

/* Take one event in. */
static int take(Stepper *self, Run *run, PyObject *event)
{
    int done = -1;
    int64_t known_ms = 0, at_ms;
    PyObject *key = field(event, &self->key), *at = field(event, &event_fields[AT_MS]);
    PyObject *id = field(event, &event_fields[EVENT_ID]), *cell = NULL;
    if (key == NULL || at == NULL || id == NULL || ((at_ms = PyLong_AsLongLong(at)) == -1 && PyErr_Occurred())
        || (cell = cell_of(self, run, key, at, &known_ms)) == NULL)
        goto end;
    int repeat = is_repeat(PyList_GET_ITEM(cell, IDS), id);
    if (repeat) {
        run->repeats += repeat > 0;
        done = repeat > 0 ? 0 : -1;
        goto end;
    }
    if (remember_id(self, cell, id) < 0)
        goto end;
    if (at_ms < known_ms)
        run->late++;
    else {
        if (PyList_SetItem(cell, LATEST, Py_NewRef(at)) < 0)
            goto end;
        if (at_ms > run->latest_ms)
            run->latest_ms = at_ms;
    }
    done = step_all(self, run, cell, key, event);
end:
    Py_XDECREF(key);
    Py_XDECREF(at);
    Py_XDECREF(id);
    Py_XDECREF(cell);
    return done;
}

static PyObject *stepper_call(PyObject *self, PyObject *const *given, size_t flagged, PyObject *names)
{
    if (PyVectorcall_NARGS(flagged) != 4 || names != NULL || !PyDict_Check(given[1])) {
        PyErr_SetString(PyExc_TypeError, "events, live cells, the latest time and alerts were expected");
        return NULL;
    }
    Run run = {given[1], given[3], PyLong_AsLongLong(given[2]), 0, 0};
    PyObject *events = PySequence_Fast(given[0], "a sequence of events was expected");
    int done = events == NULL || PyErr_Occurred() ? -1 : 0;
    for (Py_ssize_t i = 0; done == 0 && i < PySequence_Fast_GET_SIZE(events); i++) {
        if (i % AT_ONCE == 0)
            fetch_ahead(events, i, run.live, &((Stepper *)self)->key);
        done = take((Stepper *)self, &run, PySequence_Fast_GET_ITEM(events, i));
    }
    Py_XDECREF(events);
    return done < 0 ? NULL : Py_BuildValue("Lll", (long long)run.latest_ms, run.repeats, run.late);
}

static int stepper_traverse(Stepper *self, visitproc visit, void *arg)
{
    Py_VISIT(self->steps_of_use);
    Py_VISIT(self->steps_of);
    Py_VISIT(self->wake);
    Py_VISIT(self->start);
    Py_VISIT(self->last_ids);
    Py_VISIT(self->tell);
    Py_VISIT(self->fail);
    return 0;
}

static int stepper_clear(Stepper *self)
{
    Py_CLEAR(self->steps_of_use);
    Py_CLEAR(self->steps_of);
    Py_CLEAR(self->wake);
    Py_CLEAR(self->start);
    Py_CLEAR(self->last_ids);
    Py_CLEAR(self->tell);
    Py_CLEAR(self->fail);
    return 0;
}

static void stepper_dealloc(Stepper *self)
{
    PyObject_GC_UnTrack(self);
    stepper_clear(self);
    Py_XDECREF(self->key.name);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *stepper_new(PyTypeObject *type, PyObject *args, PyObject *names)
{
    const char *key;
    long long memory_ms;
    PyObject *given[7];
    if (!PyArg_ParseTuple(args, "sLO!O!OOOOO", &key, &memory_ms, &PyDict_Type, &given[0], &PyDict_Type,
                          &given[1], &given[2], &given[3], &given[4], &given[5], &given[6]))
        return NULL;
    Stepper *self = (Stepper *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->call = stepper_call;
    self->memory_ms = memory_ms;
    self->key.text = key;
    find_field(transaction, &self->key);
    self->steps_of_use = Py_NewRef(given[0]);
    self->steps_of = Py_NewRef(given[1]);
    self->wake = Py_NewRef(given[2]);
    self->start = Py_NewRef(given[3]);
    self->last_ids = Py_NewRef(given[4]);
    self->tell = Py_NewRef(given[5]);
    self->fail = Py_NewRef(given[6]);
    self->key.text = NULL;
    if (PyErr_Occurred())
        Py_CLEAR(self);
    return (PyObject *)self;
}

PyTypeObject Stepper_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "flows._hot.Stepper",
    .tp_doc = "Lets the detectors of a scope see the events of a batch, each in the cell of its key.",
    .tp_basicsize = sizeof(Stepper),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Stepper, call),
    .tp_call = PyVectorcall_Call,
    .tp_new = stepper_new,
    .tp_traverse = (traverseproc)stepper_traverse,
    .tp_clear = (inquiry)stepper_clear,
    .tp_dealloc = (destructor)stepper_dealloc,
};

int prepare_stepping(PyObject *events)
{
    if (find_fields(events, "Transaction", event_fields, EVENT_FIELDS) < 0)
        return -1;
    transaction = (PyTypeObject *)PyObject_GetAttrString(events, "Transaction");
    return transaction == NULL ? -1 : 0;
}
