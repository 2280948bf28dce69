/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows of the verdict table are made of. */
#pragma once

#include "fixture.h"

#define R CM_VERDICT_REFUSED
#define T CM_VERDICT_TIGHTENED
#define OK CM_VERDICT_OK

struct row {
    const char *find, *with;
    facts_change change;
    enum cm_verdict verdict;
    const char *code, *field;
    bool more; /* findings with other codes are expected too */
    enum cm_policy_level level;
};

/* Host changes; UNIT is what an index or value stands for. */
#define CHANGE(name, body)                                                                                                                                     \
    static void name(struct cm_facts *facts, struct cm_policy *policy)                                                                                         \
    {                                                                                                                                                          \
        (void)facts;                                                                                                                                           \
        (void)policy;                                                                                                                                          \
        body;                                                                                                                                                  \
    }

#define MAPS "\"uidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}],\"gidMappings\":[{\"containerID\":0,\"hostID\":300000,\"size\":65536}],"
#define GIDS "\"gidMappings\":[{\"containerID\":0,\"hostID\":300000,\"size\":65536}],"
#define UIDS(list) MAPS, "\"uidMappings\":[" list "]," GIDS
#define NS(type, with) "{\"type\":\"" type "\"}", with
#define NS_PATH(type) NS(type, "{\"type\":\"" type "\",\"path\":\"/proc/7/ns/x\"}")
#define ANN(list) "\"annotations\":{}", "\"annotations\":{" list "}"
#define BOUNDING(list) "\"bounding\":[\"CAP_KILL\"]", "\"bounding\":[\"CAP_KILL\"," list "]"
#define RESOURCES(list) "\"unified\":{}", "\"unified\":{}," list
#define UNIFIED(list) "\"unified\":{}", "\"unified\":{" list "}"
#define PROCESS(list) "\"oomScoreAdj\":100", "\"oomScoreAdj\":100," list
#define LINUX(list) "\"rootfsPropagation\":\"private\"", list
#define SYSCTL(list) "\"sysctl\":{}", "\"sysctl\":{" list "}"
#define TMP "{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"nodev\"]}"
#define MOUNT(list) TMP, "{" list "}"
#define TMP_OPTION(word) TMP, "{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"nodev\",\"" word "\"]}"
#define BIND(source, options) TMP, "{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"" source "\",\"options\":[\"nosuid\",\"nodev\"," options "]}"
#define BIND_MAPS(uids, gids)                                                                                                                                  \
    BIND("/srv/x", "\"bind\"],\"uidMappings\":[{\"containerID\":" uids "}],\"gidMappings\":[{\"containerID\":" gids "}],\"x\":[\"\"")
#define RLIMIT(list) "{\"type\":\"RLIMIT_NOFILE\",\"soft\":1024,\"hard\":1024}", list
#define DEVICES(list) "\"devices\":[],", "\"devices\":[" list "],"
#define RULE(list) "{\"allow\":false,\"access\":\"rwm\"}", "{\"allow\":false,\"access\":\"rwm\"}," list
#define SECCOMP(head) "\"defaultAction\":\"SCMP_ACT_ERRNO\"", head

/* Rows about bounds and places, and about how a process runs, in files of their own. */
extern const struct row bound_rows[], policy_rows[], property_rows[];
extern const size_t n_bound_rows, n_policy_rows, n_property_rows;
