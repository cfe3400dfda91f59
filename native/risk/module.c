/* domain._hot: what is done for every use of a card, and what was remembered of its customer, in C. */

#include "quick.h"

static PyMethodDef functions[] = {
    {"start", start, METH_NOARGS, "Give the habits of a customer who has not been seen."},
    {"dump", dump, METH_O, "Give habits as plain values."},
    {"load", load, METH_O, "Give the habits that were dumped; sequences may come back as lists."},
    {"measure", (PyCFunction)(void (*)(void))measure, METH_FASTCALL,
     "Compare a use with the habits before it, and let it become part of them."},
    {"weigh", (PyCFunction)(void (*)(void))weigh, METH_FASTCALL,
     "Measure a use, and give what was measured with its score where that is not unlikely, else None."},
    {NULL},
};

static int fill(PyObject *module)
{
    prepare_comparing();
    if (prepare_reading() < 0 || prepare_quick() < 0)
        return -1;
    return PyModule_AddType(module, &Habits_Type) < 0 || PyModule_AddType(module, &Sorter_Type) < 0
            || PyModule_AddType(module, &Adder_Type) < 0 || PyModule_AddType(module, &Quick_Type) < 0
            || PyModule_AddStringConstant(module, "SOURCES", SOURCES) < 0
        ? -1
        : 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "domain._hot",
    .m_doc = "What is done for every use of a card; domain/hot.py says where its twins in Python are.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__hot(void) { return PyModuleDef_Init(&definition); }
