/* How an amount, an hour, a place and a country compare with the habits before, and how these learn them; the
   twins are in domain/risk_habits.py and domain/whereabouts.py. */

#include "hot.h"

#define LEAST_USES 2.0
#define PULL 3.0
#define LARGE 2.0
#define PRIOR_USES 2.0
#define PRIOR_SQUARES (2.0 * 0.5)
#define LEAST_SPREAD 0.2
#define LEAST_LENGTH 0.5
#define EARTH_RADIUS_KM 6371.0088
#define QUARTER_MS (DAY_MS / 96)

/* How fast weights fade in 1, 7 and 30 days, for each millisecond. */
static double fades_1d, fades_7d, fades_30d;
/* The chord of 500 km; for each quarter of an hour, cosine and sine of the time of day as an angle, and of
   twice that. */
static double pull_chord, turns[96][4];

void prepare_comparing(void)
{
    fades_1d = -log(2.0) / (1 * DAY_MS);
    fades_7d = -log(2.0) / (7 * DAY_MS);
    fades_30d = -log(2.0) / (30 * DAY_MS);
    pull_chord = 2 * sin(500 / EARTH_RADIUS_KM / 2);
    for (int quarter = 0; quarter < 96; quarter++) {
        double angle = Py_MATH_PI * quarter / 48;
        double turn[4] = {cos(angle), sin(angle), cos(2 * angle), sin(2 * angle)};
        memcpy(turns[quarter], turn, sizeof turn);
    }
}

double divided(double one, double by)
{
    if (by == 0.0)
        PyErr_SetString(PyExc_ZeroDivisionError, "float division by zero");
    return one / by;
}

static void fade(Habits *habits, int64_t by_ms)
{
    double day = exp(fades_1d * by_ms), week = exp(fades_7d * by_ms), month = exp(fades_30d * by_ms);
    double *sums = habits->sums;
    sums[USES_1D] *= day;
    sums[SPEND_1D] *= day;
    sums[DECLINED_1D] *= day;
    sums[USES_7D] *= week;
    sums[SPEND_7D] *= week;
    sums[LARGE_7D] *= week;
    sums[USES_30D] *= month;
    sums[SPEND_30D] *= month;
    sums[COS_1] *= month;
    sums[SIN_1] *= month;
    sums[COS_2] *= month;
    sums[SIN_2] *= month;
}

int64_t time_of_day(int64_t at_ms)
{
    int64_t rest = at_ms % DAY_MS;
    return rest < 0 ? rest + DAY_MS : rest;
}

/* Let time come to a use; gives how long after the newest it is, and what it weighs in each window. */
int64_t arrive(Habits *habits, int64_t at_ms, double *weights)
{
    int64_t since_ms = at_ms - habits->last_ms;
    weights[0] = weights[1] = weights[2] = since_ms >= 0 ? 1.0 : 0.0;
    if (since_ms > MEMORY_MS)
        begin_anew(habits);
    else if (since_ms >= 0)
        fade(habits, since_ms);
    else if (-since_ms <= MEMORY_MS) {
        weights[0] = exp(fades_1d * -since_ms);
        weights[1] = exp(fades_7d * -since_ms);
        weights[2] = exp(fades_30d * -since_ms);
    }
    if (since_ms < 0)
        return 0;
    habits->last_ms = at_ms;
    return since_ms;
}

/* Give whether anything is known of the hours of use, and how common this one is, 1 where all are alike. */
int hour_habit(double *sums, int64_t at_ms, double weight, double *habit)
{
    const double *turn = turns[time_of_day(at_ms) / QUARTER_MS];
    double uses = sums[USES_30D];
    if (uses != 0.0) {
        double one = sums[COS_1] * turn[0] + sums[SIN_1] * turn[1];
        double two = sums[COS_2] * turn[2] + sums[SIN_2] * turn[3];
        *habit = 1 + (4 * one + 2 * two) / (3 * uses);
        if (*habit < 0)
            *habit = 0.0;
    }
    sums[COS_1] += weight * turn[0];
    sums[SIN_1] += weight * turn[1];
    sums[COS_2] += weight * turn[2];
    sums[SIN_2] += weight * turn[3];
    return uses != 0.0;
}

static int place_of_way(const Habits *habits, const Use *use)
{
    int place = 0;
    for (; place < habits->ways_count; place++) {
        const Way *way = &habits->ways[place];
        if (way->currency == use->currency && way->type == use->type && way->channel == use->channel)
            break;
    }
    return place;
}

static int learn_way(Habits *habits, int place, Way way)
{
    if (place < habits->ways_count) {
        Way *known = &habits->ways[place];
        known->last_ms = way.last_ms;
        known->count = way.count;
        known->total = way.total;
        known->logs = way.logs;
        known->squares = way.squares;
        return 0;
    }
    Py_INCREF(way.currency);
    Py_INCREF(way.type);
    Py_INCREF(way.channel);
    if (add_way(habits, way) < 0)
        return -1;
    if (habits->ways_count > MOST_WAYS) {
        int oldest = 0;
        for (int i = 1; i < habits->ways_count; i++)
            if (habits->ways[i].last_ms < habits->ways[oldest].last_ms)
                oldest = i;
        remove_way(habits, oldest);
    }
    return 0;
}

int compare_amount(Habits *habits, const Use *use, double weight, Amount *found)
{
    int64_t now_ms = habits->last_ms, minor = use->minor;
    int place = place_of_way(habits, use);
    Way way = {use->currency, use->type, use->channel, now_ms, 0.0, 0.0, 0.0, 0.0};
    double pulled = (double)minor;
    *found = (Amount){0};
    if (minor < 0) {
        PyErr_SetString(PyExc_ValueError, "math domain error");
        return -1;
    }
    if (place < habits->ways_count && now_ms - habits->ways[place].last_ms <= MEMORY_MS) {
        const Way *known = &habits->ways[place];
        double faded = exp(fades_30d * (now_ms - known->last_ms));
        way.count = known->count * faded;
        way.total = known->total * faded;
        way.logs = known->logs * faded;
        way.squares = known->squares * faded;
        double usual = divided(way.total, way.count);
        if (usual < 1)
            usual = 1.0;
        if ((double)minor > PULL * usual)
            pulled = PULL * usual;
        if (way.count >= LEAST_USES) {
            found->usual_known = 1;
            found->ratio = (double)minor / usual;
            double mean = way.logs / way.count;
            double variance = (way.squares - way.logs * mean + PRIOR_SQUARES) / (way.count + PRIOR_USES);
            double spread = variance > LEAST_SPREAD * LEAST_SPREAD ? sqrt(variance) : LEAST_SPREAD;
            found->deviations = (log((double)(minor ? minor : 1)) - mean) / spread;
        }
    }
    found->share_known = habits->sums[USES_30D] != 0.0;
    found->share = found->share_known ? way.count / habits->sums[USES_30D] : 0.0;
    double dollar = dollar_of(use->currency);
    if (dollar <= 0.0)
        return -1;
    found->amount = (double)minor / dollar;
    if (weight == 0.0)
        return 0;
    double value = log(pulled != 0.0 ? pulled : 1.0);
    way.count = way.count + weight;
    way.total = way.total + weight * pulled;
    way.logs = way.logs + weight * value;
    way.squares = way.squares + weight * value * value;
    return learn_way(habits, place, way);
}

void count_use(double *sums, const Amount *found, const double *weights, int declined)
{
    double day = weights[0], week = weights[1], month = weights[2];
    if (declined) {
        sums[DECLINED_1D] += day;
        return;
    }
    double spent = !found->usual_known ? 1.0 : found->ratio > PULL ? PULL : found->ratio;
    sums[USES_1D] += day;
    sums[USES_7D] += week;
    sums[USES_30D] += month;
    sums[SPEND_1D] += day * spent;
    sums[SPEND_7D] += week * spent;
    sums[SPEND_30D] += month * spent;
    if (spent > LARGE)
        sums[LARGE_7D] += week;
}

/* Give whether a place's distance from the middle is known, in km, and learn it with a weight. */
int away_km(Middle *middle, const Use *use, int64_t now_ms, double weight, double *km)
{
    double phi = use->lat * (Py_MATH_PI / 180.0), lam = use->lon * (Py_MATH_PI / 180.0);
    double x = cos(phi) * cos(lam), y = cos(phi) * sin(lam), z = sin(phi);
    double length = sqrt(middle->x * middle->x + middle->y * middle->y + middle->z * middle->z);
    int known = length > LEAST_LENGTH * middle->places;
    if (known) {
        double mean_x = middle->x / length, mean_y = middle->y / length, mean_z = middle->z / length;
        double far_x = x - mean_x, far_y = y - mean_y, far_z = z - mean_z;
        double chord = sqrt(far_x * far_x + far_y * far_y + far_z * far_z);
        double half = chord / 2;
        *km = 2 * EARTH_RADIUS_KM * asin(half < 1.0 ? half : 1.0);
        if (chord > pull_chord) {
            double part = pull_chord / chord;
            x = mean_x + part * far_x;
            y = mean_y + part * far_y;
            z = mean_z + part * far_z;
        }
    }
    if (weight != 0.0) {
        double faded = middle->places != 0.0 ? exp(fades_30d * (now_ms - middle->last_ms)) : 0.0;
        middle->last_ms = now_ms;
        middle->places = middle->places * faded + weight;
        middle->x = middle->x * faded + weight * x;
        middle->y = middle->y * faded + weight * y;
        middle->z = middle->z * faded + weight * z;
    }
    return known;
}

static int learn_country(Habits *habits, int place, PyObject *name, int64_t now_ms, double count)
{
    if (place < habits->countries_count) {
        habits->countries[place].last_ms = now_ms;
        habits->countries[place].count = count;
        return 0;
    }
    if (add_country(habits, (Country){Py_NewRef(name), now_ms, count}) < 0)
        return -1;
    if (habits->countries_count > MOST_COUNTRIES) {
        int oldest = 0;
        for (int i = 1; i < habits->countries_count; i++)
            if (habits->countries[i].last_ms < habits->countries[oldest].last_ms)
                oldest = i;
        remove_country(habits, oldest);
    }
    return 0;
}

int compare_country(Habits *habits, PyObject *name, double weight, Abroad *found)
{
    int64_t now_ms = habits->last_ms;
    const Country *known = habits->countries;
    int count = habits->countries_count, place = count, usual = 0;
    double counts[MOST_COUNTRIES + 1], all = 0.0;
    if (count > MOST_COUNTRIES) {
        PyErr_SetString(PyExc_ValueError, "more countries are remembered than there is room for");
        return -1;
    }
    for (int i = 0; i < count; i++) {
        counts[i] = known[i].count * exp(fades_30d * (now_ms - known[i].last_ms));
        all += counts[i];
        if (known[i].name == name)
            place = i;
        if (counts[i] > counts[usual]
            || (counts[i] == counts[usual] && PyUnicode_Compare(known[i].name, known[usual].name) < 0))
            usual = i;
    }
    double own = place < count ? counts[place] : 0.0;
    if (count == 1 && place == 0) { /* as it is for most */
        found->share_known = 1;
        found->share = 1.0;
    }
    else if (count) {
        found->share_known = 1;
        found->share = divided(own, all);
        if (place != usual) {
            found->usual = Py_NewRef(known[usual].name);
            found->country = Py_NewRef(name);
        }
    }
    return weight != 0.0 ? learn_country(habits, place, name, now_ms, own + weight) : 0;
}
