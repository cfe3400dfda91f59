/* What the quick ways of detectors share; quick.c says what a quick way is. */

#ifndef RISKDESK_QUICK_H
#define RISKDESK_QUICK_H

#include "../fields.h"
#include "hot.h"

#define MOST_FACTS 8

typedef struct Quick Quick;

/* Gives 1 where the use was taken in and nothing is wrong with it, 0 where nothing was done and the whole step
   is to be taken, -1 with an exception set. */
typedef int (*QuickWay)(Quick *self, PyObject *state, PyObject *event);

/* The step of a detector with its parameters, each as what it can be read as, in the order of its own. */
struct Quick {
    PyObject_HEAD
    vectorcallfunc call;
    QuickWay way;
    PyObject *step, *facts;
    PyObject *found; /* what is wrong, where a way found something itself; owned until it is told */
    PyObject *fact[MOST_FACTS];
    int64_t whole[MOST_FACTS];
    double number[MOST_FACTS];
    /* What a way found out last, and the fields of the type of its first fact: see unusual_hour and travel. */
    int64_t slot, hour;
    double meridian;
    Field fields[4];
};

extern PyTypeObject Quick_Type;
int prepare_quick(void);

enum {
    Q_AT_MS, Q_CHANNEL, Q_TYPE, Q_OUTCOME, Q_ENTRY, Q_AMOUNT, Q_CURRENCY, Q_PLACE, Q_MCC, Q_DECLINE_REASON,
    Q_ENDED_AT, Q_ISSUED, Q_CARD, Q_BALANCE, Q_EVENT_ID, Q_LAST4, Q_TERMINAL, Q_FIELDS
};
enum { P_LAT, P_LON, P_CITY, P_COUNTRY, P_ERROR_KM, P_FIELDS };
extern Field quick_fields[], quick_place_fields[];

/* Texts that events have, interned. */
enum {
    DECLINED, APPROVED, POS, ATM, COUNTER, PURCHASE, WITHDRAWAL, TRANSFER_OUT, BALANCE_INQUIRY, TRANSFER_IN, REFUND,
    REVERSAL, MANUAL, CONTACTLESS, TOKEN, WRONG_PIN, TEXTS
};
extern PyObject *quick_texts[];

/* Give a field of an event or a place, borrowed: who comes here is of exactly that type. */
static inline PyObject *of(PyObject *object, const Field *which)
{
    return *(PyObject **)((char *)object + which->offset);
}

/* Whether a text is one of those above. */
static inline int is_text(PyObject *text, int which)
{
    if (text == quick_texts[which])
        return 1;
    return PyUnicode_CheckExact(text) && !PyUnicode_CHECK_INTERNED(text)
        && PyUnicode_Compare(text, quick_texts[which]) == 0;
}

static inline int is_type(PyObject *event, int which) { return is_text(of(event, &quick_fields[Q_TYPE]), which); }

static inline int is_declined(PyObject *event) { return is_text(of(event, &quick_fields[Q_OUTCOME]), DECLINED); }

static inline int64_t at_ms_of(PyObject *event) { return PyLong_AsLongLong(of(event, &quick_fields[Q_AT_MS])); }

static inline int64_t whole_of(PyObject *event, int which) { return PyLong_AsLongLong(of(event, &quick_fields[which])); }

static inline int same_text(PyObject *one, PyObject *other)
{
    return one == other
        || (PyUnicode_CheckExact(one) && PyUnicode_CheckExact(other)
            && PyUnicode_GET_LENGTH(one) == PyUnicode_GET_LENGTH(other) && PyUnicode_Compare(one, other) == 0);
}

/* Whether a value is a list of so many, and whether an item is a whole number or a float. */
static inline int is_list(PyObject *value, Py_ssize_t count)
{
    return PyList_CheckExact(value) && PyList_GET_SIZE(value) == count;
}
static inline int has_whole(PyObject *list, Py_ssize_t place) { return PyLong_Check(PyList_GET_ITEM(list, place)); }
static inline int has_float(PyObject *list, Py_ssize_t place)
{
    return PyFloat_CheckExact(PyList_GET_ITEM(list, place));
}
static inline int64_t item_whole(PyObject *list, Py_ssize_t place)
{
    return PyLong_AsLongLong(PyList_GET_ITEM(list, place));
}
static inline double item_float(PyObject *list, Py_ssize_t place)
{
    return PyFloat_AS_DOUBLE(PyList_GET_ITEM(list, place));
}

/* Put a value in its place, which is kept; whole numbers and floats are made. -1 with an exception set. */
static inline void put_item(PyObject *list, Py_ssize_t place, PyObject *value)
{
    PyObject *old = PyList_GET_ITEM(list, place);
    PyList_SET_ITEM(list, place, Py_NewRef(value));
    Py_DECREF(old);
}
int put_float(PyObject *list, Py_ssize_t place, double number);
int put_whole(PyObject *list, Py_ssize_t place, int64_t number);

/* Give `currency|type|channel`, or currency and type in one where there is no channel; borrowed. NULL, without
   an exception, where the whole step is to work it out. */
PyObject *way_name(PyObject *event, int with_channel);
/* Give the one text of all that are equal to it; a new reference. */
PyObject *one_text(PyObject *text);

/* published.c: what is in force at an event's time, None where nothing is; new references. */
int prepare_published(void);
PyObject *table_at(PyObject *history, PyObject *event);
PyObject *made_at(PyObject *prepared, PyObject *event);

/* quick_amounts.c */
int quick_amount_outlier(Quick *self, PyObject *state, PyObject *event);
int quick_dormant_wakes(Quick *self, PyObject *state, PyObject *event);
int quick_pin_guessing(Quick *self, PyObject *state, PyObject *event);
/* quick_times.c */
int quick_burst(Quick *self, PyObject *state, PyObject *event);
int quick_unusual_hour(Quick *self, PyObject *state, PyObject *event);
int quick_cards_tested_at_merchant(Quick *self, PyObject *state, PyObject *event);
/* quick_tables.c */
int quick_exposed_card(Quick *self, PyObject *state, PyObject *event);
int quick_learned_risk(Quick *self, PyObject *state, PyObject *event);
int quick_terminal_hotspot(Quick *self, PyObject *state, PyObject *event);
/* quick_places.c */
int quick_new_country(Quick *self, PyObject *state, PyObject *event);
int quick_impossible_travel(Quick *self, PyObject *state, PyObject *event);
int quick_customer_in_two_places(Quick *self, PyObject *state, PyObject *event);

#endif
