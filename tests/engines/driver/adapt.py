# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an engine would write on this host instead of the one that the calls were recorded on."""
import copy
import os
import re
import resource

CONTROLLERS = {"memory": "memory", "cpu": "cpu", "pids": "pids", "blockIO": "io", "hugepageLimits": "hugetlb"}


def cgroupfs(path):
    """The place that the same engine chooses with the cgroupfs driver."""
    if path.count(":") != 2:
        return path
    parent, prefix, name = path.split(":")
    pod = re.fullmatch(r"kubepods(?:-(\w+))?-pod([0-9a-f_]+)\.slice", parent)
    if pod:
        return "/".join(filter(None, ("/kubepods", pod[1], "pod" + pod[2].replace("_", "-"), f"crio-{name}" if prefix == "crio" else name)))
    return f"/libpod_parent/libpod-{name}" if prefix == "libpod" else f"/{prefix}/{name}"


class Adapter:
    def __init__(self, controllers, control=False):
        self.controllers, self.control = controllers, control
        self.apparmor = os.path.isdir("/sys/module/apparmor/parameters")

    def __call__(self, config):
        config = copy.deepcopy(config)
        process, linux = config["process"], config["linux"]
        if not self.apparmor and process.get("apparmorProfile") != "unconfined":
            process.pop("apparmorProfile", None)
        if self.control:  # others fail where this host lets nobody go below
            with open("/proc/self/oom_score_adj", encoding="utf-8") as f:
                process["oomScoreAdj"] = max(int(f.read()), process.get("oomScoreAdj", 0))
        for limit in process.get("rlimits", []):
            hard = resource.getrlimit(getattr(resource, limit["type"]))[1]
            if hard != resource.RLIM_INFINITY:
                limit["hard"], limit["soft"] = min(limit["hard"], hard), min(limit["soft"], hard)
        if "cgroupsPath" in linux:
            linux["cgroupsPath"] = cgroupfs(linux["cgroupsPath"])
        resources = linux.get("resources", {})
        for name, controller in CONTROLLERS.items():
            if controller not in self.controllers:
                resources.pop(name, None)
        for name in list(resources.get("unified", {})):
            if name.split(".")[0] not in self.controllers:
                del resources["unified"][name]
        return config
