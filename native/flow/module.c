/* flows._hot: what is done for every event in every scope, in C. */

#include "flow.h"

static PyMethodDef functions[] = {
    {"into_buckets", into_buckets, METH_VARARGS, "Give the events that a scope wants by bucket, with their orders."},
    {"running_latest", running_latest, METH_O, "Give for each event the latest order time up to it."},
    {NULL},
};

static int fill(PyObject *module)
{
    PyObject *events = PyImport_ImportModule("domain.events");
    int done = events == NULL || prepare_routing(events) < 0 || prepare_stepping(events) < 0 ? -1 : 0;
    Py_XDECREF(events);
    return done < 0 || PyModule_AddType(module, &Stepper_Type) < 0
            || PyModule_AddStringConstant(module, "SOURCES", SOURCES) < 0
        ? -1
        : 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "flows._hot",
    .m_doc = "What is done for every event in every scope; flows/hot.py says where its twins in Python are.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__hot(void) { return PyModuleDef_Init(&definition); }
