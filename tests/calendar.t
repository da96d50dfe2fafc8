#!/bin/sh
# SPDX-License-Identifier: MIT
# Business time against another implementation of time zones (Python's zoneinfo, the system's
# tzdata), which looks at the clock on the wall minute by minute around changes of clocks.
. "$(dirname "$0")/lib.sh"
need 'Python 3.9 or later with time zones' python3 -c 'import zoneinfo; zoneinfo.ZoneInfo("Pacific/Apia")'

# What is asked and what the answers must be, of one calendar: questions, answers, calendars.
cat >ask.py <<'END'
import bisect, datetime, json, random, sys, zoneinfo
name, start, days = sys.argv[1], sys.argv[2], int(sys.argv[3])
dice = random.Random(name + start)
zone, utc = zoneinfo.ZoneInfo(name), datetime.timezone.utc
names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
clock = lambda m: "%02d:%02d" % (m // 60, m % 60)

def hours():  # up to three intervals, the last of them may go past midnight
    n = dice.choice([0, 1, 1, 2, 3])
    cuts = sorted(dice.sample(range(0, 1440, 5), 2 * n))
    spans = [[cuts[2 * i], cuts[2 * i + 1]] for i in range(n)]
    if spans and dice.random() < 0.5 and spans[0][0] > 10:
        spans[-1][1] = 1440 + dice.randrange(5, spans[0][0], 5)
    return spans
write = lambda spans: ["%s-%s" % (clock(a), clock(b % 1440)) for a, b in spans]

week = [hours() for _ in names]
week[6] = [[75, 185]] if dice.random() < 0.5 else [[0, 1440]]
first = datetime.date.fromisoformat(start)
off = {first + datetime.timedelta(dice.randrange(days)): hours() for _ in range(4)}
json.dump({"calendar": "c", "zone": name, "hours": {d: write(w) if w != [[0, 1440]] else ["00:00-24:00"] for d, w in zip(names, week)},
           "holidays": [{"day": str(d), "hours": write(h)} for d, h in off.items()]}, open("calendars", "w"))

def is_open(t):  # by the clock on the wall, in this minute
    wall = datetime.datetime.fromtimestamp(t, utc).astimezone(zone)
    day, minute = wall.date(), wall.hour * 60 + wall.minute
    of = lambda d: off[d] if d in off else week[d.weekday()]
    return (any(a <= minute < b for a, b in of(day))
            or any(a <= minute + 1440 < b for a, b in of(day - datetime.timedelta(1))))

t0 = int(datetime.datetime.combine(first, datetime.time(), utc).timestamp())
state = [is_open(t0 + 60 * i) for i in range(days * 1440)]
sums = [0]
for s in state: sums.append(sums[-1] + s)
def measure(ms):
    i, rest = divmod(ms - t0 * 1000, 60000)
    return sums[i] * 60000 + (rest if state[i] else 0)
def first_with(want):  # the first ms with that measure
    i = bisect.bisect_left(sums, -(-want // 60000))
    return t0 * 1000 + (i - 1) * 60000 + want - sums[i - 1] * 60000
def next_as(ms, s):
    i = (ms - t0 * 1000) // 60000
    if state[i] == s: return ms
    while i < len(state) and state[i] != s: i += 1
    return t0 * 1000 + i * 60000 if i < len(state) else None
with open("questions", "w") as q, open("answers", "w") as w:
    def ask(line, want): print(line, file=q); print(want, file=w)
    for _ in range(3000):
        a, b = (t0 * 1000 + dice.randrange((days - 8) * 86400000) for _ in range(2))
        ask(f"open {a}", int(state[(a - t0 * 1000) // 60000]))
        ask(f"between {a} {b}", measure(b) - measure(a))
        for what, s in ("next", True), ("close", False):
            if next_as(a, s): ask(f"{what} {a}", next_as(a, s))
        d = dice.randrange(1, 5 * 86400000)
        if measure(a) + d <= sums[-1] * 60000: ask(f"add {a} {d}", first_with(measure(a) + d))
END
while read -r zone start days; do
	python3 ask.py "$zone" "$start" "$days"
	"$BUILD/tools/calendar" . c <questions >got
	ok "$zone from $start, $days days: $(($(wc -l <answers))) answers" cmp answers got
done <<END
Europe/Berlin 2026-03-15 30
Europe/Berlin 2026-10-11 30
America/New_York 2024-02-20 30
Australia/Lord_Howe 2025-09-20 40
Pacific/Chatham 2023-03-20 30
Pacific/Apia 2011-12-15 30
Asia/Kathmandu 2026-01-01 20
Africa/Casablanca 2024-03-01 60
America/St_Johns 2010-10-25 30
Antarctica/Troll 2022-03-10 40
END
finish
