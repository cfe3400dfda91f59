/* What is remembered of one customer; the twin is class Habits of domain/risk_habits.py. */

#include "hot.h"

static void drop_way(Way *way)
{
    Py_DECREF(way->currency);
    Py_DECREF(way->type);
    Py_DECREF(way->channel);
}

int add_way(Habits *habits, Way way)
{
    Way *grown = PyMem_Realloc(habits->ways, (habits->ways_count + 1) * sizeof(Way));
    if (grown == NULL) {
        drop_way(&way);
        PyErr_NoMemory();
        return -1;
    }
    habits->ways = grown;
    grown[habits->ways_count++] = way;
    return 0;
}

int add_country(Habits *habits, Country country)
{
    Country *grown = PyMem_Realloc(habits->countries, (habits->countries_count + 1) * sizeof(Country));
    if (grown == NULL) {
        Py_DECREF(country.name);
        PyErr_NoMemory();
        return -1;
    }
    habits->countries = grown;
    grown[habits->countries_count++] = country;
    return 0;
}

void remove_way(Habits *habits, int place)
{
    drop_way(&habits->ways[place]);
    habits->ways_count--;
    memmove(&habits->ways[place], &habits->ways[place + 1], (habits->ways_count - place) * sizeof(Way));
}

void remove_country(Habits *habits, int place)
{
    Py_DECREF(habits->countries[place].name);
    habits->countries_count--;
    memmove(&habits->countries[place], &habits->countries[place + 1],
            (habits->countries_count - place) * sizeof(Country));
}

void begin_anew(Habits *habits)
{
    while (habits->ways_count)
        remove_way(habits, habits->ways_count - 1);
    while (habits->countries_count)
        remove_country(habits, habits->countries_count - 1);
    habits->last_ms = NEVER_MS;
    memset(habits->sums, 0, sizeof habits->sums);
    memset(&habits->middle, 0, sizeof habits->middle);
}

PyObject *start(PyObject *module, PyObject *none)
{
    Habits *habits = PyObject_New(Habits, &Habits_Type);
    if (habits != NULL) {
        habits->ways = NULL;
        habits->countries = NULL;
        habits->ways_count = habits->countries_count = 0;
        begin_anew(habits);
    }
    return (PyObject *)habits;
}

static void habits_dealloc(Habits *self)
{
    begin_anew(self);
    PyMem_Free(self->ways);
    PyMem_Free(self->countries);
    PyObject_Free(self);
}

/* Give the parts of plain values: a tuple of `count`, which may come back as a list. */
static PyObject *parts_of(PyObject *plain, Py_ssize_t count)
{
    PyObject *parts = PySequence_Fast(plain, "habits are dumped as sequences");
    if (parts != NULL && count >= 0 && PySequence_Fast_GET_SIZE(parts) != count) {
        PyErr_Format(PyExc_ValueError, "%zd values of habits, and there should be %zd",
                     PySequence_Fast_GET_SIZE(parts), count);
        Py_CLEAR(parts);
    }
    return parts;
}

static int64_t whole(PyObject *parts, Py_ssize_t place)
{
    return PyLong_AsLongLong(PySequence_Fast_GET_ITEM(parts, place));
}

static double number(PyObject *parts, Py_ssize_t place)
{
    return PyFloat_AsDouble(PySequence_Fast_GET_ITEM(parts, place));
}

/* Give a list of what `one` makes of each of so many, or what `read` takes in. */
static PyObject *dumped_ways(const Habits *habits)
{
    PyObject *ways = PyList_New(habits->ways_count);
    for (int i = 0; ways != NULL && i < habits->ways_count; i++) {
        const Way *way = &habits->ways[i];
        PyObject *name = PyUnicode_FromFormat("%U|%U|%U", way->currency, way->type, way->channel);
        PyObject *one = name == NULL ? NULL
            : Py_BuildValue("(N(Ldddd))", name, (long long)way->last_ms, way->count, way->total, way->logs,
                            way->squares);
        if (one == NULL)
            Py_CLEAR(ways);
        else
            PyList_SET_ITEM(ways, i, one);
    }
    return ways;
}

static PyObject *dumped_countries(const Habits *habits)
{
    PyObject *countries = PyList_New(habits->countries_count);
    for (int i = 0; countries != NULL && i < habits->countries_count; i++) {
        const Country *country = &habits->countries[i];
        PyObject *one = Py_BuildValue("(O(Ld))", country->name, (long long)country->last_ms, country->count);
        if (one == NULL)
            Py_CLEAR(countries);
        else
            PyList_SET_ITEM(countries, i, one);
    }
    return countries;
}

PyObject *dump(PyObject *module, PyObject *given)
{
    if (!Py_IS_TYPE(given, &Habits_Type))
        return PyErr_Format(PyExc_TypeError, "habits were expected, not %R", Py_TYPE(given));
    const Habits *habits = (const Habits *)given;
    const double *s = habits->sums;
    const Middle *m = &habits->middle;
    PyObject *ways = dumped_ways(habits);
    PyObject *countries = ways == NULL ? NULL : dumped_countries(habits);
    if (countries == NULL) {
        Py_XDECREF(ways);
        return NULL;
    }
    return Py_BuildValue("(LddddddddddddN(LddddN))", (long long)habits->last_ms, s[USES_1D], s[USES_7D],
                         s[USES_30D], s[SPEND_1D], s[SPEND_7D], s[SPEND_30D], s[LARGE_7D], s[DECLINED_1D],
                         s[COS_1], s[SIN_1], s[COS_2], s[SIN_2], ways, (long long)m->last_ms, m->places, m->x,
                         m->y, m->z, countries);
}

static int load_way(Habits *habits, PyObject *plain)
{
    int done = -1;
    PyObject *pair = parts_of(plain, 2), *numbers = NULL, *names = NULL;
    if (pair == NULL || (numbers = parts_of(PySequence_Fast_GET_ITEM(pair, 1), 5)) == NULL)
        goto end;
    names = PyObject_CallMethod(PySequence_Fast_GET_ITEM(pair, 0), "split", "s", "|");
    if (names == NULL || !PyList_Check(names) || PyList_GET_SIZE(names) != 3) {
        if (names != NULL)
            PyErr_SetString(PyExc_ValueError, "a way of use is currency|type|channel");
        goto end;
    }
    Way way = {PyList_GET_ITEM(names, 0), PyList_GET_ITEM(names, 1), PyList_GET_ITEM(names, 2),
               whole(numbers, 0), number(numbers, 1), number(numbers, 2), number(numbers, 3),
               number(numbers, 4)};
    Py_INCREF(way.currency);
    Py_INCREF(way.type);
    Py_INCREF(way.channel);
    PyUnicode_InternInPlace(&way.currency);
    PyUnicode_InternInPlace(&way.type);
    PyUnicode_InternInPlace(&way.channel);
    done = add_way(habits, way);
end:
    Py_XDECREF(names);
    Py_XDECREF(numbers);
    Py_XDECREF(pair);
    return done;
}

static int load_country(Habits *habits, PyObject *plain)
{
    int done = -1;
    PyObject *pair = parts_of(plain, 2), *numbers = NULL;
    if (pair == NULL || (numbers = parts_of(PySequence_Fast_GET_ITEM(pair, 1), 2)) == NULL)
        goto end;
    Country country = {PySequence_Fast_GET_ITEM(pair, 0), whole(numbers, 0), number(numbers, 1)};
    if (!PyUnicode_CheckExact(country.name)) {
        PyErr_SetString(PyExc_TypeError, "a country's name is text");
        goto end;
    }
    Py_INCREF(country.name);
    PyUnicode_InternInPlace(&country.name);
    done = add_country(habits, country);
end:
    Py_XDECREF(numbers);
    Py_XDECREF(pair);
    return done;
}

/* Take in each of a sequence. */
static int load_all(Habits *habits, PyObject *plain, int (*take)(Habits *, PyObject *))
{
    PyObject *parts = parts_of(plain, -1);
    int done = parts == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; done == 0 && i < PySequence_Fast_GET_SIZE(parts); i++)
        done = take(habits, PySequence_Fast_GET_ITEM(parts, i));
    Py_XDECREF(parts);
    return done;
}

PyObject *load(PyObject *module, PyObject *dumped)
{
    Habits *habits = (Habits *)start(module, NULL);
    PyObject *parts = habits == NULL ? NULL : parts_of(dumped, SUMS + 3), *where = NULL;
    if (parts == NULL || (where = parts_of(PySequence_Fast_GET_ITEM(parts, SUMS + 2), 6)) == NULL)
        goto failed;
    habits->last_ms = whole(parts, 0);
    for (int i = 0; i < SUMS; i++)
        habits->sums[i] = number(parts, 1 + i);
    habits->middle = (Middle){whole(where, 0), number(where, 1), number(where, 2), number(where, 3),
                              number(where, 4)};
    if (load_all(habits, PySequence_Fast_GET_ITEM(parts, SUMS + 1), load_way) < 0
        || load_all(habits, PySequence_Fast_GET_ITEM(where, 5), load_country) < 0 || PyErr_Occurred())
        goto failed;
    Py_DECREF(where);
    Py_DECREF(parts);
    return (PyObject *)habits;
failed:
    Py_XDECREF(where);
    Py_XDECREF(parts);
    Py_XDECREF(habits);
    return NULL;
}

static PyMemberDef members[] = {
    {"last_ms", T_LONGLONG, offsetof(Habits, last_ms), READONLY, "The time of the newest use."},
    {NULL},
};

PyTypeObject Habits_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "domain._hot.Habits",
    .tp_doc = "What is remembered of one customer as of `last_ms`, the time of the newest use.",
    .tp_basicsize = sizeof(Habits),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = (destructor)habits_dealloc,
    .tp_members = members,
};
