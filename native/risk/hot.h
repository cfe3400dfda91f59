/* What the files of this module share. Each has a twin in Python, named at its head, that gives the same to
   the last bit: same operations, same order, same library functions. It is built with contraction off. */

#ifndef RISKDESK_HOT_H
#define RISKDESK_HOT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <structmember.h>

#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)
#define MEMORY_MS (180 * DAY_MS)
#define NEVER_MS (-(1LL << 53))

#define MOST_WAYS 6
#define MOST_COUNTRIES 4

/* Faded sums, in the order in which they are dumped. */
enum {
    USES_1D, USES_7D, USES_30D, SPEND_1D, SPEND_7D, SPEND_30D, LARGE_7D, DECLINED_1D,
    COS_1, SIN_1, COS_2, SIN_2, SUMS
};

/* A currency, type and channel, which are interned: the last use, and faded sums as of then. */
typedef struct {
    PyObject *currency, *type, *channel;
    int64_t last_ms;
    double count, total, logs, squares;
} Way;

/* An interned country: the last use there, and the faded count of uses as of then. */
typedef struct {
    PyObject *name;
    int64_t last_ms;
    double count;
} Country;

/* Faded sums of places as points of a globe of radius 1, as of `last_ms`. */
typedef struct {
    int64_t last_ms;
    double places, x, y, z;
} Middle;

/* One customer, in one piece of memory and two small ones; the collector has nothing to see in it. */
typedef struct {
    PyObject_HEAD
    int64_t last_ms;
    double sums[SUMS];
    Middle middle;
    Way *ways;
    Country *countries;
    int ways_count, countries_count;
} Habits;

extern PyTypeObject Habits_Type, Sorter_Type, Adder_Type;

/* habits.c: -1 or NULL with an exception set. */
int add_way(Habits *habits, Way way);         /* takes the names over, also when it fails */
int add_country(Habits *habits, Country country);
void remove_way(Habits *habits, int place);
void remove_country(Habits *habits, int place);
void begin_anew(Habits *habits);
PyObject *start(PyObject *module, PyObject *none);
PyObject *dump(PyObject *module, PyObject *habits);
PyObject *load(PyObject *module, PyObject *dumped);

/* reading.c */
enum { LATELY, LONG, ROW, ROW_MS, LAST_MS, GENUINE, USES, RECORD_FIELDS };

/* What is read of a use of a card; the names are interned and owned. */
typedef struct {
    int64_t at_ms, minor;
    PyObject *channel, *type, *currency, *entry, *country; /* the last NULL where it is not known */
    double lat, lon;
    int declined, located; /* whether the place is where the card itself was */
} Use;

int prepare_reading(void);
int read_use(PyObject *event, Use *use);
void drop_use(Use *use);
double number_of_record(PyObject *record, int which);
int64_t whole_of_record(PyObject *record, int which);
double dollar_of(PyObject *currency); /* -1 with an exception set */
PyObject *number_of_name(int which, PyObject *name); /* borrowed; NULL without an exception where it is none */
enum { CHANNELS, TYPES, ENTRIES, COUNTRIES, NUMBERED };

/* comparing.c */
typedef struct {
    double amount, ratio, deviations, share;
    int usual_known, share_known;
} Amount;

typedef struct {
    double share;
    int share_known;
    PyObject *usual, *country; /* owned; NULL where it is the usual one */
} Abroad;

void prepare_comparing(void);
double divided(double one, double by); /* with the exception that Python raises for 0 */
int64_t arrive(Habits *habits, int64_t at_ms, double *weights);
int hour_habit(double *sums, int64_t at_ms, double weight, double *habit);
int compare_amount(Habits *habits, const Use *use, double weight, Amount *found);
int away_km(Middle *middle, const Use *use, int64_t now_ms, double weight, double *km);
int compare_country(Habits *habits, PyObject *name, double weight, Abroad *found);
void count_use(double *sums, const Amount *found, const double *weights, int declined);
int64_t time_of_day(int64_t at_ms);

/* sums.c: give the score of values by a Sorter and an Adder. */
int weighed(PyObject *sorter, PyObject *adder, const double *values, const unsigned char *known, Py_ssize_t count,
            double *score);

/* measuring.c */
PyObject *measure(PyObject *module, PyObject *const *given, Py_ssize_t count);
PyObject *weigh(PyObject *module, PyObject *const *given, Py_ssize_t count);

#endif
