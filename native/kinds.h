/* The kinds of events, with the places in memory of the times that some of them have. */

#ifndef RISKDESK_KINDS_H
#define RISKDESK_KINDS_H

#include "fields.h"

enum { AT, AT_MS, INGESTED_AT, ENDED_AT, TIMES };
#define MOST_KINDS 16

typedef struct {
    PyTypeObject *type;
    Py_ssize_t offset[TIMES]; /* 0 where the kind has no such time */
} Kind;

static Kind kinds[MOST_KINDS];
static int kind_count;

/* Learn the kinds that domain/events.py names; they are kept for good. */
static inline int find_kinds(void)
{
    static const char *const names[TIMES] = {"at", "at_ms", "ingested_at", "ended_at"};
    PyObject *module = PyImport_ImportModule("domain.events"), *type, *name;
    PyObject *known = module == NULL ? NULL : PyObject_GetAttrString(module, "type_of_kind");
    Py_ssize_t place = 0;
    kind_count = 0;
    while (known != NULL && kind_count < MOST_KINDS && PyDict_Next(known, &place, &name, &type)) {
        Kind *kind = &kinds[kind_count++];
        kind->type = (PyTypeObject *)Py_NewRef(type);
        for (int i = 0; i < TIMES; i++) {
            PyObject *member = PyObject_GetAttrString(type, names[i]);
            int is_place = member != NULL && Py_IS_TYPE(member, &PyMemberDescr_Type);
            kind->offset[i] = is_place ? ((PyMemberDescrObject *)member)->d_member->offset : 0;
            PyErr_Clear();
            Py_XDECREF(member);
        }
        if (!kind->offset[AT] || !kind->offset[AT_MS]) {
            PyErr_Format(PyExc_TypeError, "%S has no time", name);
            break;
        }
    }
    Py_XDECREF(known);
    Py_XDECREF(module);
    return PyErr_Occurred() ? -1 : 0;
}

/* Give the kind of an event; NULL with an exception set for what is none. */
static inline const Kind *kind_of(PyObject *event)
{
    for (int i = 0; i < kind_count; i++)
        if (Py_IS_TYPE(event, kinds[i].type))
            return &kinds[i];
    PyErr_Format(PyExc_TypeError, "%.100s is no kind of event", Py_TYPE(event)->tp_name);
    return NULL;
}

/* Give where a time of an event lies; NULL where its kind has none. */
static inline PyObject **time_of(PyObject *event, const Kind *kind, int which)
{
    return kind->offset[which] ? (PyObject **)((char *)event + kind->offset[which]) : NULL;
}

/* Give a time that an event may have, borrowed; NULL where it has none. */
static inline PyObject *time_given(PyObject *event, const Kind *kind, int which)
{
    PyObject **place = time_of(event, kind, which);
    return place == NULL || *place == Py_None ? NULL : *place;
}

#endif
