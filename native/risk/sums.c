/* From values to bins, and from bins to the sum of their weights; the twins are in domain/risk_sums.py. */

#include "hot.h"

/* Copy the numbers of a sequence; NULL with an exception set. */
static double *numbers_of(PyObject *given, Py_ssize_t *count)
{
    PyObject *parts = PySequence_Fast(given, "a sequence of numbers was expected");
    if (parts == NULL)
        return NULL;
    *count = PySequence_Fast_GET_SIZE(parts);
    double *numbers = PyMem_New(double, *count ? *count : 1);
    if (numbers == NULL)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; numbers != NULL && i < *count; i++)
        numbers[i] = PyFloat_AsDouble(PySequence_Fast_GET_ITEM(parts, i));
    Py_DECREF(parts);
    if (PyErr_Occurred()) {
        PyMem_Free(numbers);
        return NULL;
    }
    return numbers;
}

/* Numbers in rows, each of its own length. */
typedef struct {
    Py_ssize_t count;
    double **rows;
    Py_ssize_t *lengths;
} Table;

static void free_table(Table *table)
{
    for (Py_ssize_t i = 0; i < table->count; i++)
        if (i == 0 || table->rows[i] != table->rows[i - 1])
            PyMem_Free(table->rows[i]);
    PyMem_Free(table->rows);
    PyMem_Free(table->lengths);
    *table = (Table){0, NULL, NULL};
}

static int read_table(PyObject *given, Table *table)
{
    PyObject *parts = PySequence_Fast(given, "a sequence of rows was expected");
    if (parts == NULL)
        return -1;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(parts);
    table->rows = PyMem_New(double *, count ? count : 1);
    table->lengths = PyMem_New(Py_ssize_t, count ? count : 1);
    int done = table->rows == NULL || table->lengths == NULL ? -1 : 0;
    if (done < 0)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; done == 0 && i < count; i++) {
        PyObject *row = PySequence_Fast_GET_ITEM(parts, i);
        if (i && row == PySequence_Fast_GET_ITEM(parts, i - 1)) { /* most rows are empty, and are one */
            table->rows[i] = table->rows[i - 1];
            table->lengths[i] = table->lengths[i - 1];
        }
        else if ((table->rows[i] = numbers_of(row, &table->lengths[i])) == NULL)
            done = -1;
        table->count += done == 0;
    }
    Py_DECREF(parts);
    return done;
}

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    Table edges;
} Sorter;

/* Give the bin of a known value, as bisect_right does. */
static long bin_of(const Table *edges, Py_ssize_t place, double number)
{
    const double *row = edges->rows[place];
    long low = 0, high = (long)edges->lengths[place];
    while (low < high) {
        long middle = (low + high) / 2;
        if (number < row[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low + 1;
}

static PyObject *sorter_call(PyObject *self, PyObject *const *given, size_t flagged, PyObject *names)
{
    const Table *edges = &((Sorter *)self)->edges;
    if (PyVectorcall_NARGS(flagged) != 1 || names != NULL) {
        PyErr_SetString(PyExc_TypeError, "the values of one use were expected");
        return NULL;
    }
    PyObject *values = PySequence_Fast(given[0], "the values of one use were expected"), *bins = NULL;
    if (values != NULL && PySequence_Fast_GET_SIZE(values) == edges->count)
        bins = PyTuple_New(edges->count);
    else if (values != NULL)
        PyErr_Format(PyExc_ValueError, "%zd values were expected", edges->count);
    for (Py_ssize_t i = 0; bins != NULL && i < edges->count; i++) {
        PyObject *value = PySequence_Fast_GET_ITEM(values, i), *bin;
        long number = 0;
        if (value != Py_None)
            number = bin_of(edges, i, PyFloat_CheckExact(value) ? PyFloat_AS_DOUBLE(value) : PyFloat_AsDouble(value));
        if ((bin = PyLong_FromLong(number)) == NULL || PyErr_Occurred()) {
            Py_XDECREF(bin);
            Py_CLEAR(bins);
        }
        else
            PyTuple_SET_ITEM(bins, i, bin);
    }
    Py_XDECREF(values);
    return bins;
}

static PyObject *sorter_new(PyTypeObject *type, PyObject *args, PyObject *names)
{
    PyObject *edges;
    if (!PyArg_ParseTuple(args, "O", &edges))
        return NULL;
    Sorter *self = (Sorter *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->call = sorter_call;
        if (read_table(edges, &self->edges) < 0)
            Py_CLEAR(self);
    }
    return (PyObject *)self;
}

static void sorter_dealloc(Sorter *self)
{
    free_table(&self->edges);
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject Sorter_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "domain._hot.Sorter",
    .tp_doc = "Gives the bin of each value: 0 where there is none, else one more than the edges not above it.",
    .tp_basicsize = sizeof(Sorter),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Sorter, call),
    .tp_call = PyVectorcall_Call,
    .tp_new = sorter_new,
    .tp_dealloc = (destructor)sorter_dealloc,
};

typedef struct {
    Py_ssize_t one, other;
    Table rows;
} Cross;

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    double intercept;
    Table weights;
    Cross *crosses;
    Py_ssize_t crosses_count;
} Adder;

/* Add the weights of bins up; -1 with an exception set. */
static int sum_of(const Adder *self, const Py_ssize_t *bins, Py_ssize_t count, double *sum)
{
    int known = count == self->weights.count;
    *sum = self->intercept;
    for (Py_ssize_t i = 0; known && i < count; i++) {
        known = bins[i] >= 0 && bins[i] < self->weights.lengths[i];
        if (known)
            *sum += self->weights.rows[i][bins[i]];
    }
    for (Py_ssize_t i = 0; known && i < self->crosses_count; i++) {
        const Cross *cross = &self->crosses[i];
        Py_ssize_t one = bins[cross->one], other = bins[cross->other];
        known = one < cross->rows.count && other < cross->rows.lengths[one];
        if (known)
            *sum += cross->rows.rows[one][other];
    }
    if (!known)
        PyErr_SetString(PyExc_IndexError, "there is no such bin");
    return known ? 0 : -1;
}

static PyObject *adder_call(PyObject *self_, PyObject *const *given, size_t flagged, PyObject *names)
{
    const Adder *self = (const Adder *)self_;
    if (PyVectorcall_NARGS(flagged) != 1 || names != NULL) {
        PyErr_SetString(PyExc_TypeError, "the bins of one use were expected");
        return NULL;
    }
    Py_ssize_t bins[256];
    PyObject *parts = PySequence_Fast(given[0], "the bins of one use were expected");
    if (parts == NULL)
        return NULL;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(parts);
    for (Py_ssize_t i = 0; i < count && i < 256; i++)
        bins[i] = PyLong_AsSsize_t(PySequence_Fast_GET_ITEM(parts, i));
    Py_DECREF(parts);
    if (PyErr_Occurred())
        return NULL;
    double sum;
    return sum_of(self, bins, count, &sum) < 0 ? NULL : PyFloat_FromDouble(sum);
}

static PyObject *adder_new(PyTypeObject *type, PyObject *args, PyObject *names)
{
    PyObject *weights, *crosses;
    double intercept;
    if (!PyArg_ParseTuple(args, "dOO!", &intercept, &weights, &PyList_Type, &crosses))
        return NULL;
    Adder *self = (Adder *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->call = adder_call;
    self->intercept = intercept;
    Py_ssize_t count = PyList_GET_SIZE(crosses);
    self->crosses = PyMem_Calloc(count ? count : 1, sizeof(Cross));
    if (self->crosses == NULL)
        PyErr_NoMemory();
    int done = self->crosses == NULL ? -1 : read_table(weights, &self->weights);
    if (done == 0 && self->weights.count > 256) {
        PyErr_SetString(PyExc_ValueError, "there are more than 256 features");
        done = -1;
    }
    for (Py_ssize_t i = 0; done == 0 && i < count; i++) {
        Cross *cross = &self->crosses[self->crosses_count++];
        PyObject *rows;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(crosses, i), "nnO", &cross->one, &cross->other, &rows)
            || read_table(rows, &cross->rows) < 0)
            done = -1;
        else if (cross->one < 0 || cross->other < 0 || cross->one >= self->weights.count
                 || cross->other >= self->weights.count) {
            PyErr_SetString(PyExc_ValueError, "a pair is of features that there are");
            done = -1;
        }
    }
    if (done < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void adder_dealloc(Adder *self)
{
    free_table(&self->weights);
    for (Py_ssize_t i = 0; i < self->crosses_count; i++)
        free_table(&self->crosses[i].rows);
    PyMem_Free(self->crosses);
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject Adder_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "domain._hot.Adder",
    .tp_doc = "Gives intercept and weights of the bins of a use, and of pairs of them, together.",
    .tp_basicsize = sizeof(Adder),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Adder, call),
    .tp_call = PyVectorcall_Call,
    .tp_new = adder_new,
    .tp_dealloc = (destructor)adder_dealloc,
};

int weighed(PyObject *sorter, PyObject *adder, const double *values, const unsigned char *known, Py_ssize_t count,
            double *score)
{
    Py_ssize_t bins[256];
    if (!Py_IS_TYPE(sorter, &Sorter_Type) || !Py_IS_TYPE(adder, &Adder_Type)
        || ((Sorter *)sorter)->edges.count != count) {
        PyErr_SetString(PyExc_TypeError, "what sorts and what adds up were expected, both of this module");
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        bins[i] = known[i] ? bin_of(&((Sorter *)sorter)->edges, i, values[i]) : 0;
    return sum_of((const Adder *)adder, bins, count, score);
}
