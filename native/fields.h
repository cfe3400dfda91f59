/* Attributes of the structs that events are made of, read from their places in memory where these are known. */

#ifndef RISKDESK_FIELDS_H
#define RISKDESK_FIELDS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <structmember.h>

typedef struct {
    const char *text;
    PyObject *name;
    PyTypeObject *type;
    Py_ssize_t offset;
} Field;

/* Find where a type has a field; it is looked up by its name where that is no place in memory. */
static inline int find_field(PyTypeObject *type, Field *which)
{
    PyObject *member = PyObject_GetAttrString((PyObject *)type, which->text);
    which->name = PyUnicode_InternFromString(which->text);
    if (member != NULL && Py_IS_TYPE(member, &PyMemberDescr_Type)
        && ((PyMemberDescrObject *)member)->d_member->type == T_OBJECT_EX) {
        which->type = type;
        which->offset = ((PyMemberDescrObject *)member)->d_member->offset;
    }
    Py_XDECREF(member);
    return member == NULL || which->name == NULL ? -1 : 0;
}

/* Find the fields of a type, which is kept for good. */
static inline int find_fields(PyObject *module, const char *type_name, Field *fields, int count)
{
    PyObject *type = PyObject_GetAttrString(module, type_name);
    for (int i = 0; type != NULL && i < count; i++)
        if (find_field((PyTypeObject *)type, &fields[i]) < 0)
            return -1;
    return type == NULL ? -1 : 0;
}

/* Give a new reference to a field, NULL with an exception set. */
static inline PyObject *field(PyObject *object, const Field *which)
{
    if (Py_IS_TYPE(object, which->type)) {
        PyObject *value = *(PyObject **)((char *)object + which->offset);
        if (value != NULL)
            return Py_NewRef(value);
    }
    return PyObject_GetAttr(object, which->name);
}

static inline double number_field(PyObject *object, const Field *which)
{
    PyObject *value = field(object, which);
    double number = value == NULL ? -1.0 : PyFloat_AsDouble(value);
    Py_XDECREF(value);
    return number;
}

static inline int64_t whole_field(PyObject *object, const Field *which)
{
    PyObject *value = field(object, which);
    int64_t number = value == NULL ? -1 : PyLong_AsLongLong(value);
    Py_XDECREF(value);
    return number;
}

#endif
