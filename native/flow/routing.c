/* Where the events of a block go; the twins are in flows/routing.py, and say what they do. */

#include "../instants.h"
#include "../kinds.h"
#include "flow.h"

static PyTypeObject *transaction;
static Field use_fields[] = {{"channel"}, {"type"}};
static uint32_t crc_of_byte[256];

/* What of the events a scope is handed. */
typedef struct {
    PyObject *reads, *uses; /* None for all uses */
    Field key;
    Py_ssize_t count;
} Scope;

static void fill_crc(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; bit++)
            rest = rest & 1 ? rest >> 1 ^ 0xEDB88320u : rest >> 1;
        crc_of_byte[byte] = rest;
    }
}

/* Give the CRC-32 of a key's text, as zlib has it; -1 with an exception set. */
static int64_t crc_of(PyObject *key)
{
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(key, &length);
    uint32_t crc = ~0u;
    for (Py_ssize_t i = 0; text != NULL && i < length; i++)
        crc = crc >> 8 ^ crc_of_byte[(crc ^ (unsigned char)text[i]) & 255];
    return text == NULL ? -1 : (int64_t)(uint32_t)~crc;
}

/* Give whether a scope wants an event: 1 or 0, -1 with an exception set. */
static int wants(const Scope *scope, PyObject *event)
{
    if (scope->uses != Py_None && Py_IS_TYPE(event, transaction)) {
        PyObject *channel = field(event, &use_fields[0]), *type = field(event, &use_fields[1]);
        PyObject *types = channel == NULL ? NULL : PyDict_GetItemWithError(scope->uses, channel);
        int wanted = types == NULL || type == NULL ? 0 : PySet_Contains(types, type);
        Py_XDECREF(channel);
        Py_XDECREF(type);
        if (wanted <= 0)
            return PyErr_Occurred() ? -1 : wanted;
    }
    return PySet_Contains(scope->reads, (PyObject *)Py_TYPE(event));
}

/* Give the bucket of an event, `count` where the scope does not want it; -1 with an exception set. */
static Py_ssize_t bucket_of(const Scope *scope, PyObject *event)
{
    int wanted = wants(scope, event);
    if (wanted <= 0)
        return wanted < 0 ? -1 : scope->count;
    PyObject *key = field(event, &scope->key);
    int64_t crc = key == NULL ? -1 : key == Py_None ? 0 : crc_of(key);
    Py_ssize_t bucket = crc < 0 ? -1 : key == Py_None ? scope->count : crc % scope->count;
    Py_XDECREF(key);
    return bucket;
}

static PyObject *empty_lists(Py_ssize_t count)
{
    PyObject *lists = PyList_New(count);
    for (Py_ssize_t i = 0; lists != NULL && i < count; i++) {
        PyObject *one = PyList_New(0);
        if (one == NULL)
            Py_CLEAR(lists);
        else
            PyList_SET_ITEM(lists, i, one);
    }
    return lists;
}

PyObject *into_buckets(PyObject *module, PyObject *args)
{
    const char *key;
    PyObject *given, *orders;
    Scope scope = {0};
    if (!PyArg_ParseTuple(args, "OO!sOOn", &given, &PyFrozenSet_Type, &scope.reads, &key, &scope.uses, &orders,
                          &scope.count))
        return NULL;
    if ((scope.uses != Py_None && !PyDict_Check(scope.uses)) || (orders != Py_None && !PyList_Check(orders))) {
        PyErr_SetString(PyExc_TypeError, "uses are a dict or None, orders a list or None");
        return NULL;
    }
    scope.key.text = key;
    PyObject *events = PySequence_Fast(given, "a sequence of events was expected"), *places = Py_NewRef(Py_None);
    PyObject *groups = events == NULL ? NULL : empty_lists(scope.count);
    if (orders != Py_None)
        Py_SETREF(places, groups == NULL ? NULL : empty_lists(scope.count));
    int done = groups == NULL || places == NULL || find_field(transaction, &scope.key) < 0 ? -1 : 0;
    if (done == 0 && orders != Py_None && PyList_GET_SIZE(orders) != PySequence_Fast_GET_SIZE(events)) {
        PyErr_SetString(PyExc_ValueError, "as many orders as events were expected");
        done = -1;
    }
    for (Py_ssize_t i = 0; done == 0 && i < PySequence_Fast_GET_SIZE(events); i++) {
        PyObject *event = PySequence_Fast_GET_ITEM(events, i);
        Py_ssize_t bucket = bucket_of(&scope, event);
        if (bucket == scope.count)
            continue;
        done = bucket < 0 ? -1 : PyList_Append(PyList_GET_ITEM(groups, bucket), event);
        if (done == 0 && orders != Py_None)
            done = PyList_Append(PyList_GET_ITEM(places, bucket), PyList_GET_ITEM(orders, i));
    }
    PyObject *found = done < 0 ? NULL : PyTuple_Pack(2, groups, places);
    Py_XDECREF(scope.key.name);
    Py_XDECREF(groups);
    Py_XDECREF(places);
    Py_XDECREF(events);
    return found;
}

/* Give an event's order time, a new reference. */
static PyObject *order_of(PyObject *event)
{
    const Kind *kind = kind_of(event);
    int64_t us;
    if (kind == NULL)
        return NULL;
    PyObject *ingested = time_given(event, kind, INGESTED_AT);
    if (ingested == NULL)
        return Py_NewRef(*time_of(event, kind, AT_MS));
    return since_epoch_us(ingested, &us) < 0 ? NULL : PyLong_FromLongLong(rounded_down(us, MILLISECOND_US));
}

PyObject *running_latest(PyObject *module, PyObject *given)
{
    PyObject *events = PySequence_Fast(given, "a sequence of events was expected"), *latest = PyLong_FromLong(0);
    PyObject *orders = events == NULL ? NULL : PyList_New(PySequence_Fast_GET_SIZE(events));
    int64_t latest_ms = 0;
    for (Py_ssize_t i = 0; orders != NULL && i < PyList_GET_SIZE(orders); i++) {
        PyObject *order = order_of(PySequence_Fast_GET_ITEM(events, i));
        int64_t order_ms = order == NULL ? -1 : PyLong_AsLongLong(order);
        if (order_ms > latest_ms) {
            latest_ms = order_ms;
            Py_SETREF(latest, Py_NewRef(order));
        }
        PyList_SET_ITEM(orders, i, Py_NewRef(latest));
        Py_XDECREF(order);
        if (PyErr_Occurred())
            Py_CLEAR(orders);
    }
    Py_XDECREF(latest);
    Py_XDECREF(events);
    return orders;
}

int prepare_routing(PyObject *events)
{
    fill_crc();
    PyDateTime_IMPORT;
    if (PyDateTimeAPI == NULL || find_kinds() < 0 || find_fields(events, "Transaction", use_fields, 2) < 0)
        return -1;
    transaction = (PyTypeObject *)PyObject_GetAttrString(events, "Transaction");
    return transaction == NULL ? -1 : 0;
}
