"""Writes table.json beside this file: business hours as python-dateutil and zoneinfo compute them.

Run: pip install python-dateutil tzdata && python3 table.py
"""

import json
import pathlib
import random
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

UTC = timezone.utc
random.seed(20260101)


def milliseconds(time):
    return (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def instant(local, zone):
    """The instant of a local time: later in a gap, the first of a repeated one (fold = 0)."""
    return milliseconds(local.replace(tzinfo=zone, fold=0).astimezone(UTC))


def intervals(schedule, zone, first, last):
    start, end = (datetime.fromisoformat(schedule[name]) for name in ("start", "end"))
    rule, until = schedule.get("rrule"), None
    if rule is None:
        starts = [start]
    else:
        parts = [part for part in rule.split(";") if not (part.startswith("UNTIL=") and part.endswith("Z"))]
        # dateutil compares naive times only, so UNTIL in UTC is applied here.
        for part in rule.split(";"):
            if part.startswith("UNTIL=") and part.endswith("Z"):
                until = milliseconds(datetime.strptime(part[6:-1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC))
        length = end - start
        found = rrulestr(";".join(parts), dtstart=start)
        starts = found.between(first - length - timedelta(days=2), last, inc=True)
    for begin in starts:
        if until is None or instant(begin, zone) <= until:
            yield instant(begin, zone), instant(begin + (end - start), zone)


def evaluate(zone_name, open_, closed, at):
    zone = ZoneInfo(zone_name)
    local = datetime.fromtimestamp(at / 1000, zone).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    last = midnight + timedelta(days=367) - timedelta(microseconds=1)
    spans = [[span for one in group for span in intervals(one, zone, midnight, last)] for group in (open_, closed)]
    contains = lambda spans, at: any(start <= at < end for start, end in spans)
    is_open = lambda at: contains(spans[0], at) and not contains(spans[1], at)
    if is_open(at):
        return True, None
    # It can only open where an open period begins or a closed one ends.
    candidates = sorted({start for start, _ in spans[0]} | {end for _, end in spans[1]})
    return False, next((time for time in candidates if time > at and is_open(time)), None)


rows = []


def row(group, zone, open_, closed, at):
    if isinstance(at, datetime):
        at = milliseconds(at)
    is_open, opens_at = evaluate(zone, open_, closed, at)
    rows.append(
        {"group": group, "zone": zone, "open": open_, "closed": closed, "at": at, "is-open": is_open, "opens-at": opens_at}
    )


def schedule(start, end, rrule=None):
    return {"start": start, "end": end} | ({"rrule": rrule} if rrule else {})


def around(local, zone):
    """The boundary itself, a millisecond before and after, and an hour before and after."""
    at = instant(datetime.fromisoformat(local), ZoneInfo(zone))
    return [at + step for step in (0, -1, 1, -3_600_000, 3_600_000)]


# Every frequency and part, at the beginning and the end of an occurrence.
RULES = [
    ("2024-01-08T08:00:00", "2024-01-08T17:30:00", "FREQ=DAILY"),
    ("2024-01-08T08:00:00", "2024-01-08T17:30:00", "FREQ=DAILY;INTERVAL=3"),
    ("2024-01-08T08:00:00", "2024-01-08T17:30:00", "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR"),
    ("2024-01-10T08:00:00", "2024-01-10T17:30:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SU;WKST=SU"),
    ("2024-01-10T08:00:00", "2024-01-10T17:30:00", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SU;WKST=MO"),
    ("2024-01-08T22:00:00", "2024-01-09T06:00:00", "FREQ=WEEKLY;BYDAY=FR,SA"),
    ("2024-01-31T08:00:00", "2024-01-31T12:00:00", "FREQ=MONTHLY"),
    ("2024-01-05T08:00:00", "2024-01-05T12:00:00", "FREQ=MONTHLY;BYDAY=1FR"),
    ("2024-01-05T08:00:00", "2024-01-05T12:00:00", "FREQ=MONTHLY;BYDAY=-1FR,2MO"),
    ("2024-01-05T08:00:00", "2024-01-05T12:00:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
    ("2024-01-05T08:00:00", "2024-01-05T12:00:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,3"),
    ("2024-01-05T08:00:00", "2024-01-05T12:00:00", "FREQ=MONTHLY;BYMONTHDAY=-1,15"),
    ("2024-01-13T08:00:00", "2024-01-13T12:00:00", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13"),
    ("2020-02-29T08:00:00", "2020-02-29T12:00:00", "FREQ=YEARLY"),
    ("2020-12-24T00:00:00", "2020-12-27T00:00:00", "FREQ=YEARLY"),
    ("2020-11-26T00:00:00", "2020-11-27T00:00:00", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"),
    ("2020-01-06T08:00:00", "2020-01-06T12:00:00", "FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO"),
    ("2020-01-06T08:00:00", "2020-01-06T12:00:00", "FREQ=YEARLY;BYYEARDAY=1,100,-1"),
    ("2020-01-06T08:00:00", "2020-01-06T12:00:00", "FREQ=YEARLY;BYDAY=20MO"),
    ("2020-01-06T08:00:00", "2020-01-06T12:00:00", "FREQ=YEARLY;INTERVAL=2;BYMONTH=1,6;BYMONTHDAY=6"),
    ("2024-01-08T08:00:00", "2024-01-08T17:30:00", "FREQ=DAILY;COUNT=1000"),
    ("2024-01-08T08:00:00", "2024-01-08T17:30:00", "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=250"),
    ("2024-01-08T08:00:00", "2024-01-08T17:30:00", "FREQ=DAILY;UNTIL=20261001T080000"),
    ("2024-01-08T08:00:00", "2024-01-08T17:30:00", "FREQ=DAILY;UNTIL=20261001T060000Z"),
    ("2024-01-08T08:00:00", "2024-01-08T17:30:00", "FREQ=DAILY;UNTIL=20261001T055959Z"),
]
for start, end, rule in RULES:
    zone, one = "Europe/Berlin", schedule(start, end, rule)
    for _ in range(5):
        pivot = datetime(2026, 1, 1) + timedelta(days=random.randrange(400))
        near = rrulestr(rule.split(";UNTIL")[0], dtstart=datetime.fromisoformat(start)).after(pivot) or pivot
        length = datetime.fromisoformat(end) - datetime.fromisoformat(start)
        for local in random.sample([near, near + length, near + length / 2, pivot], 2):
            at = instant(local, ZoneInfo(zone)) + random.choice([-1, 0, 1])
            row("rules", zone, [one], [], at)
for local in ("2026-10-01T08:00:00", "2026-10-02T08:00:00", "2026-10-03T08:00:00", "2026-10-04T08:00:00"):
    for start, end, rule in RULES[-5:]:
        row("limits", "Europe/Berlin", [schedule(start, end, rule)], [], around(local, "Europe/Berlin")[0])

# Holidays and closed periods.
WEEK = schedule("2024-01-01T08:00:00", "2024-01-01T18:00:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
LUNCH = schedule("2024-01-01T12:00:00", "2024-01-01T13:00:00", "FREQ=DAILY")
EARLY = schedule("2024-01-01T07:00:00", "2024-01-01T08:30:00", "FREQ=DAILY")
XMAS = schedule("2020-12-24T12:00:00", "2020-12-27T00:00:00", "FREQ=YEARLY")
NEW_YEAR = schedule("2020-01-01T00:00:00", "2020-01-02T00:00:00", "FREQ=YEARLY")
ONCE = schedule("2026-05-04T00:00:00", "2026-05-18T00:00:00")
for local in (
    "2026-12-24T12:00:00", "2026-12-27T00:00:00", "2026-12-28T08:30:00", "2027-01-01T00:00:00", "2026-05-04T08:30:00",
    "2026-05-18T00:00:00", "2026-05-18T08:30:00", "2026-07-15T12:00:00", "2026-07-15T13:00:00", "2026-07-17T18:00:00",
):
    for at in around(local, "America/New_York"):
        row("closed", "America/New_York", [WEEK], [LUNCH, EARLY, XMAS, NEW_YEAR, ONCE], at)
row("closed", "UTC", [schedule("2026-01-01T00:00:00", "2026-01-02T00:00:00")], [], datetime(2026, 1, 2, tzinfo=UTC))
row("closed", "UTC", [], [], datetime(2026, 1, 2, tzinfo=UTC))

# Changes of the clock: before, in and after a gap or a repeated hour.
CHANGES = [
    ("Europe/Berlin", "2026-03-29", "02:30:00", "03:30:00"),
    ("Europe/Berlin", "2026-10-25", "02:30:00", "03:30:00"),
    ("Europe/Berlin", "2026-10-25", "01:00:00", "02:30:00"),
    ("America/New_York", "2026-03-08", "02:15:00", "08:00:00"),
    ("America/New_York", "2026-11-01", "01:30:00", "08:00:00"),
    ("America/Santiago", "2026-09-06", "00:00:00", "06:00:00"),
    ("America/Santiago", "2026-04-04", "23:30:00", "23:45:00"),
    ("Australia/Lord_Howe", "2026-10-04", "02:15:00", "09:00:00"),
    ("Australia/Lord_Howe", "2026-04-05", "01:45:00", "09:00:00"),
    ("Africa/Casablanca", "2026-03-22", "02:30:00", "09:00:00"),
    ("Asia/Kathmandu", "2026-03-29", "02:30:00", "09:00:00"),
]
for zone, day, begin, end in CHANGES:
    one = schedule(f"2015-01-01T{begin}", f"2015-01-01T{end}", "FREQ=DAILY")
    for local in (f"{day}T{begin}", f"{day}T{end}"):
        for at in around(local, zone):
            row("dst", zone, [one], [], at)

# Random rules.
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo", "Pacific/Apia"]


def random_rule():
    frequency = random.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    parts = [f"FREQ={frequency}", f"INTERVAL={random.choice([1, 1, 1, 2, 3, 5])}"]
    days = random.sample(DAYS, random.randrange(1, 6))
    if frequency in ("MONTHLY", "YEARLY") and random.random() < 0.5:
        days = [f"{random.choice([1, 2, 3, 4, 5, -1, -2])}{day}" for day in days]
        if frequency == "YEARLY":
            parts.append("BYMONTH=" + ",".join(map(str, random.sample(range(1, 13), 3))))
    if random.random() < 0.7:
        parts.append("BYDAY=" + ",".join(days))
    elif frequency in ("MONTHLY", "YEARLY"):
        parts.append("BYMONTHDAY=" + ",".join(str(random.choice([1, 5, 15, 28, 30, 31, -1, -5])) for _ in range(3)))
        if random.random() < 0.5:
            parts.append(f"BYSETPOS={random.choice([1, 2, -1])}")
    if random.random() < 0.3:
        parts.append(f"COUNT={random.choice([20, 150, 400])}")
    if random.random() < 0.3:
        parts.append(f"WKST={random.choice(['MO', 'SU'])}")
    return ";".join(parts)


for _ in range(150):
    start = datetime(2022, 1, 1) + timedelta(days=random.randrange(1200), minutes=15 * random.randrange(96))
    end = start + timedelta(minutes=random.choice([30, 480, 600, 1440, 2000, 5000]))
    one = schedule(start.isoformat(), end.isoformat(), random_rule())
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(2 * 525_600))
    row("random", random.choice(ZONES), [one], random.choice([[], [XMAS], [LUNCH]]), at)

pathlib.Path(__file__).with_name("table.json").write_text(
    "[\n" + ",\n".join(json.dumps(one) for one in rows) + "\n]\n"
)
print(len(rows), sum(one["group"] == "dst" for one in rows), sum(one["is-open"] for one in rows))
