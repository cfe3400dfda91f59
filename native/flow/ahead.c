/* Cells lie all over the memory, which takes a hundred times as long to answer as to be used: several are asked for
   side by side before the first is needed. Nothing is changed by it, so that it has no twin. */

#include "flow.h"

/* Ask for what an object holds. */
static int ask_for(PyObject *object, void *nothing)
{
    __builtin_prefetch(object);
    return 0;
}

/* Give the cell of an event's key, borrowed; NULL where there is none at hand. */
static PyObject *cell_at_hand(PyObject *event, PyObject *live, const Field *key)
{
    if (!Py_IS_TYPE(event, key->type))
        return NULL;
    PyObject *name = *(PyObject **)((char *)event + key->offset);
    /* Of plain text nobody can make the look-up run anything. */
    PyObject *cell = name != NULL && PyUnicode_CheckExact(name) ? PyDict_GetItemWithError(live, name) : NULL;
    return cell != NULL && PyList_CheckExact(cell) ? cell : NULL;
}

void fetch_ahead(PyObject *events, Py_ssize_t from, PyObject *live, const Field *key)
{
    PyObject *cells[AT_ONCE];
    Py_ssize_t count = PySequence_Fast_GET_SIZE(events) - from, found = 0;
    for (Py_ssize_t i = 0; i < count && i < AT_ONCE; i++) {
        PyObject *cell = cell_at_hand(PySequence_Fast_GET_ITEM(events, from + i), live, key);
        if (cell != NULL)
            __builtin_prefetch(cells[found++] = cell);
    }
    for (Py_ssize_t i = 0; i < found; i++)
        __builtin_prefetch(((PyListObject *)cells[i])->ob_item);
    for (Py_ssize_t i = 0; i < found; i++)
        for (Py_ssize_t n = 0; n < PyList_GET_SIZE(cells[i]); n++)
            __builtin_prefetch(PyList_GET_ITEM(cells[i], n));
    for (Py_ssize_t i = 0; i < found; i++)
        for (Py_ssize_t n = 0; n < PyList_GET_SIZE(cells[i]); n++) {
            PyObject *part = PyList_GET_ITEM(cells[i], n);
            if (Py_TYPE(part)->tp_traverse != NULL)
                Py_TYPE(part)->tp_traverse(part, ask_for, NULL);
        }
}
