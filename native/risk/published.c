/* Which version of a published table is in force, and what was made of it; the twins are `at` of
   domain/tables.py, domain/growing.py and domain/prepared.py. */

#include "quick.h"

enum { ASKED_MS, KEPT, GROWING_FIELDS };
enum { HISTORY, LAST, MADE, PREPARED_FIELDS };
static Field growing_fields[] = {{"asked_ms"}, {"_kept"}}, held = {"_held"};
static Field prepared_fields[] = {{"_history"}, {"_last"}, {"_made"}};
static PyObject *text_at;

int prepare_published(void)
{
    PyObject *tables = PyImport_ImportModule("domain.tables"), *growing = PyImport_ImportModule("domain.growing");
    PyObject *prepared = PyImport_ImportModule("domain.prepared");
    text_at = PyUnicode_InternFromString("at");
    int done = tables == NULL || growing == NULL || prepared == NULL || text_at == NULL
            || find_fields(tables, "History", &held, 1) < 0
            || find_fields(growing, "GrowingHistory", growing_fields, GROWING_FIELDS) < 0
            || find_fields(prepared, "Prepared", prepared_fields, PREPARED_FIELDS) < 0
        ? -1
        : 0;
    Py_XDECREF(tables);
    Py_XDECREF(growing);
    Py_XDECREF(prepared);
    return done;
}

/* Note the time that a growing history was asked about, if there was none later. */
static int note_asked(PyObject *history, PyObject *event)
{
    PyObject **asked = (PyObject **)((char *)history + growing_fields[ASKED_MS].offset);
    int64_t at_ms = at_ms_of(event), asked_ms = *asked == NULL ? at_ms : PyLong_AsLongLong(*asked);
    if (at_ms > asked_ms)
        Py_SETREF(*asked, Py_NewRef(of(event, &quick_fields[Q_AT_MS])));
    return PyErr_Occurred() ? -1 : 0;
}

PyObject *table_at(PyObject *history, PyObject *event)
{
    PyObject *parts = NULL, *at = of(event, &quick_fields[Q_AT_MS]);
    if (growing_fields[KEPT].type != NULL && Py_IS_TYPE(history, growing_fields[KEPT].type)) {
        if (note_asked(history, event) < 0)
            return NULL;
        parts = of(history, &growing_fields[KEPT]);
    }
    else if (held.type != NULL && Py_IS_TYPE(history, held.type))
        parts = of(history, &held);
    if (parts == NULL || !PyTuple_CheckExact(parts) || PyTuple_GET_SIZE(parts) != 2
        || !PyTuple_CheckExact(PyTuple_GET_ITEM(parts, 0)) || !PyTuple_CheckExact(PyTuple_GET_ITEM(parts, 1)))
        return PyObject_CallMethodOneArg(history, text_at, at);
    PyObject *since = PyTuple_GET_ITEM(parts, 0), *versions = PyTuple_GET_ITEM(parts, 1);
    Py_ssize_t place = PyTuple_GET_SIZE(since);
    int64_t at_ms = at_ms_of(event);
    /* Mostly it is the last one. */
    while (place && PyLong_AsLongLong(PyTuple_GET_ITEM(since, place - 1)) > at_ms)
        place--;
    if (place == 0)
        return Py_NewRef(Py_None);
    PyObject *version = PyTuple_GET_ITEM(versions, place - 1);
    return PyBytes_CheckExact(version) ? PyObject_CallMethodOneArg(history, text_at, at) : Py_NewRef(version);
}

PyObject *made_at(PyObject *prepared, PyObject *event)
{
    PyObject *at = of(event, &quick_fields[Q_AT_MS]);
    if (prepared_fields[MADE].type == NULL || !Py_IS_TYPE(prepared, prepared_fields[MADE].type))
        return PyObject_CallMethodOneArg(prepared, text_at, at);
    PyObject *table = table_at(of(prepared, &prepared_fields[HISTORY]), event);
    if (table == NULL)
        return NULL;
    PyObject *last = of(prepared, &prepared_fields[LAST]), *made = of(prepared, &prepared_fields[MADE]);
    int known = table == Py_None || table == last;
    PyObject *found = known ? Py_NewRef(table == Py_None ? Py_None : made) : NULL;
    Py_DECREF(table);
    return known ? found : PyObject_CallMethodOneArg(prepared, text_at, at);
}
