/* The quick ways of those that look at published tables: exposed_card, terminal_hotspot and learned_risk. */

#include "quick.h"

/* Facts: what gives the exposed cards. */
int quick_exposed_card(Quick *self, PyObject *state, PyObject *event)
{
    PyObject *exposed = made_at(self->fact[0], event);
    if (exposed == NULL)
        return -1;
    int quiet = exposed == Py_None ? 1
        : PyDict_CheckExact(exposed) ? !PyDict_Contains(exposed, of(event, &quick_fields[Q_CARD]))
                                     : 0;
    Py_DECREF(exposed);
    return quiet;
}

/* Facts: what gives the points. */
int quick_terminal_hotspot(Quick *self, PyObject *state, PyObject *event)
{
    PyObject *points = made_at(self->fact[0], event);
    Py_XDECREF(points);
    return points == NULL ? -1 : points == Py_None;
}

/* Give what is known of an event's terminal, a new reference. */
static PyObject *record_of(PyObject *risk, PyObject *event)
{
    PyObject *terminal = of(event, &quick_fields[Q_TERMINAL]);
    if (risk == Py_None || terminal == Py_None)
        return Py_NewRef(Py_None);
    PyObject *terminals = PyObject_GetAttrString(risk, "terminals");
    PyObject *record = terminals == NULL ? NULL : PyDict_GetItemWithError(terminals, terminal);
    Py_XDECREF(terminals); /* the table, which is held, has it */
    return PyErr_Occurred() ? NULL : Py_NewRef(record == NULL ? Py_None : record);
}

/* Facts: what gives models made ready, the terminals' risks, and what tells of a use that is not unlikely. */
int quick_learned_risk(Quick *self, PyObject *state, PyObject *event)
{
    if (!(is_type(event, PURCHASE) || is_type(event, WITHDRAWAL) || is_type(event, TRANSFER_OUT)))
        return 1;
    PyObject *risk = table_at(self->fact[1], event), *made = risk == NULL ? NULL : made_at(self->fact[0], event);
    PyObject *record = made == NULL ? NULL : record_of(risk, event), *done = NULL;
    if (record == NULL)
        goto end;
    PyObject *given[] = {state, event, record, NULL, NULL, NULL};
    if (made == Py_None) {
        PyObject *values = measure(NULL, given, 3);
        done = values == NULL ? NULL : Py_NewRef(Py_None);
        Py_XDECREF(values);
    }
    else if (PyArg_ParseTuple(made, "OOOO", &given[3], &given[4], &given[5], &given[2])) {
        PyObject *scorer = given[2];
        given[2] = record;
        done = weigh(NULL, given, 6);
        if (done != NULL && done != Py_None) {
            self->found = PyObject_CallFunctionObjArgs(self->fact[2], scorer, risk, event, PyTuple_GET_ITEM(done, 0),
                                                       PyTuple_GET_ITEM(done, 1), NULL);
            if (self->found == NULL)
                Py_CLEAR(done);
        }
    }
end:
    Py_XDECREF(risk);
    Py_XDECREF(made);
    Py_XDECREF(record);
    Py_XDECREF(done);
    return done == NULL ? -1 : 1;
}
