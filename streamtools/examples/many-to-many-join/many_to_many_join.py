"""Who can play on which evening? Each player of a game meets each of its evenings."""

from streamtools import Job

job = Job(line=(str, str), key=(str, int), group=1)


@job.map("evenings*")
def evenings(game, day):
    yield (game, 0), day


@job.map("players*")
def players(user, game):
    yield (game, 1), user


@job.reduce
def pairs(game, rows):
    days = []  # the smaller side, which is in memory
    for table, text in rows:
        if table == 0:
            days.append(text)
        else:
            for day in sorted(days):
                yield game, f"{text}\t{day}"


if __name__ == "__main__":
    job.main()
