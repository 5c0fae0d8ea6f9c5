"""Keeps a program on one core whatever it does about affinity itself: FastNetMon starts a worker for each
processor and binds it there. A cpuset of its own holds; where none is to be had, taskset, which binds a program
that does not bind itself."""
import contextlib
import os
import pathlib

# Whatever else the machine does comes after what is measured.
FIRST = ["nice", "-n", "-20"]
V1, V2 = pathlib.Path("/sys/fs/cgroup/cpuset"), pathlib.Path("/sys/fs/cgroup")


class OneCore:
    """A cpuset with one processor; leave the `with` when its programs have ended."""

    def __init__(self, cpu):
        self.cpu, self.folder, self.tasks = cpu, None, None

    def __enter__(self):
        for parent, tasks in ((V1, "tasks"), (V2, "cgroup.procs")):
            folder = parent / f"floodgauge-peers-{os.getpid()}"
            with contextlib.suppress(OSError):
                if parent == V2:
                    (parent / "cgroup.subtree_control").write_text("+cpuset", "ascii")
                folder.mkdir()
                self.folder = folder
                (folder / "cpuset.cpus").write_text(str(self.cpu), "ascii")
                (folder / "cpuset.mems").write_text("0", "ascii")
                self.tasks = folder / tasks
                return self
            self._remove()
        return self

    def __exit__(self, *_):
        self._remove()

    def _remove(self):
        if self.folder:
            with contextlib.suppress(OSError):
                self.folder.rmdir()
        self.folder = None

    @property
    def how(self):
        return "a cpuset" if self.tasks else "taskset"

    def prefix(self):
        """What a command begins with to run there."""
        if self.tasks:
            return [*FIRST, "sh", "-c", f'echo $$ > {self.tasks}; exec "$@"', "one-core"]
        return [*FIRST, "taskset", "-c", str(self.cpu)]
