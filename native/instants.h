/* Moments as microseconds since 1970; `to_ms` of domain/instants.py rounds them down. */

#ifndef RISKDESK_INSTANTS_H
#define RISKDESK_INSTANTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <datetime.h>
#include <stdint.h>

#define MILLISECOND_US 1000
#define SECOND_US 1000000LL
#define DAY_S 86400LL
/* Days from the first of January of the year 1, as the calendar runs on, to 1970. */
#define EPOCH_DAY 719162LL

static inline int64_t rounded_down(int64_t number, int64_t step)
{
    return number / step - (number % step < 0);
}

/* Give the days from 1970 to a date of the years 1 to 9999. */
static inline int64_t day_of(int64_t year, int month, int day)
{
    static const int before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t past = year - 1;
    int leaps = month > 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return past * 365 + past / 4 - past / 100 + past / 400 + before_month[month - 1] + leaps + day - 1 - EPOCH_DAY;
}

/* Give by how much the clock of a moment is ahead of UTC; -1 with an exception set where it does not say. */
static inline int offset_us(PyObject *at, int64_t *us)
{
    PyObject *zone = PyDateTime_DATE_GET_TZINFO(at);
    *us = 0;
    if (zone == PyDateTime_TimeZone_UTC)
        return 0;
    PyObject *ahead = PyObject_CallMethod(at, "utcoffset", NULL);
    if (ahead != NULL && PyDelta_Check(ahead)) {
        *us = (PyDateTime_DELTA_GET_DAYS(ahead) * DAY_S + PyDateTime_DELTA_GET_SECONDS(ahead)) * SECOND_US
            + PyDateTime_DELTA_GET_MICROSECONDS(ahead);
        Py_DECREF(ahead);
        return 0;
    }
    if (ahead != NULL)
        PyErr_SetString(PyExc_TypeError, "a moment without an offset from UTC");
    Py_XDECREF(ahead);
    return -1;
}

/* Give the microseconds from 1970 to an aware datetime; -1 with an exception set for anything else. */
static inline int since_epoch_us(PyObject *at, int64_t *us)
{
    if (!PyDateTime_Check(at)) {
        PyErr_SetString(PyExc_TypeError, "a datetime was expected");
        return -1;
    }
    int64_t ahead;
    if (offset_us(at, &ahead) < 0)
        return -1;
    int64_t days = day_of(PyDateTime_GET_YEAR(at), PyDateTime_GET_MONTH(at), PyDateTime_GET_DAY(at));
    int64_t seconds = PyDateTime_DATE_GET_HOUR(at) * 3600 + PyDateTime_DATE_GET_MINUTE(at) * 60;
    seconds += PyDateTime_DATE_GET_SECOND(at) + days * DAY_S;
    *us = seconds * SECOND_US + PyDateTime_DATE_GET_MICROSECOND(at) - ahead;
    return 0;
}

#endif
