"""Memory and file descriptors of a process, and whether they grow."""

import os
import statistics
import threading
import time

# Growth from the second quarter of a life to the last: MiB, and a share of what there was; descriptors.
MEMORY, SHARE, DESCRIPTORS = 4, 0.1, 16


def measure(pid):
    """MiB of private memory that is no file, and the number of open descriptors; `None` if it has ended."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            found = [line.split()[1] for line in file if line.startswith("Anonymous:")]
        return int(found[0]) / 1024, len(os.listdir(f"/proc/{pid}/fd"))
    except (OSError, IndexError):
        return None


class Sampler(threading.Thread):
    def __init__(self, service, every, stop):
        super().__init__(daemon=True)
        self.service, self.every, self.stop = service, every, stop
        # Of each process: moment, memory, descriptors.
        self.lives = {}

    def run(self):
        with open(f"{self.service.home}/samples", "w") as file:
            while not self.stop.wait(self.every):
                pid = self.service.child.pid
                if found := measure(pid):
                    sample = time.monotonic(), *found
                    self.lives.setdefault(pid, []).append(sample)
                    print(pid, *(f"{number:.2f}" for number in sample), file=file, flush=True)


class Growth:
    """Compares medians of quarters, which single peaks do not move. The first quarter fills caches."""

    def __init__(self, samples):
        begun, ended = samples[0][0], samples[-1][0]
        self.seconds = ended - begun

        def median(quarter, column):
            start = begun + quarter * self.seconds / 4
            some = [one[column] for one in samples if start <= one[0] <= start + self.seconds / 4]
            return statistics.median(some)

        self.memory = [median(quarter, 1) for quarter in range(4)]
        self.descriptors = [median(quarter, 2) for quarter in range(4)]

    def faults(self):
        (_, early, _, late), found = self.memory, []
        if late > early + max(MEMORY, SHARE * early):
            found.append(f"memory grew from {early:.1f} to {late:.1f} MiB in {self.seconds:.0f} s")
        _, early, _, late = self.descriptors
        if late > early + DESCRIPTORS:
            found.append(f"descriptors grew from {early:.0f} to {late:.0f} in {self.seconds:.0f} s")
        return found
