"""Join users with their orders: the sort puts the user first, so that the orders pass one by one."""

from streamtools import Job

job = Job(line=(str, str), key=(str, int), group=1)


@job.map("users*")
def users(user, town):
    yield (user, 0), town


@job.map("orders*")
def orders(user, item):
    yield (user, 1), item


@job.reduce
def orders_with_town(user, rows):
    town = "unknown"
    for table, text in rows:
        if table == 0:
            town = text
        else:
            yield user, f"{town}\t{text}"


if __name__ == "__main__":
    job.main()
