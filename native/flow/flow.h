/* What the parts of flows._hot give to each other. */

#ifndef RISKDESK_FLOW_H
#define RISKDESK_FLOW_H

#include "../fields.h"

/* So many events' cells are fetched from memory side by side. */
#define AT_ONCE 16

extern PyTypeObject Stepper_Type;

PyObject *into_buckets(PyObject *module, PyObject *args);
PyObject *running_latest(PyObject *module, PyObject *given);

/* Ask the processor for the cells of the next events, counted from one on; changes nothing. */
void fetch_ahead(PyObject *events, Py_ssize_t from, PyObject *live, const Field *key);

/* Learn where the fields of events are; -1 with an exception set. */
int prepare_routing(PyObject *events);
int prepare_stepping(PyObject *events);

#endif
