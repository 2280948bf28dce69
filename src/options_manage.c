/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables; see options_manage.h. */
#include "options_manage.h"

#define AT(member) offsetof(struct cli_values, member)

const char cli_pause_description[] = "Freezes all processes of a container. \"resume\" lets them go on.\n";
const char cli_resume_description[] = "Lets the processes of a paused container go on.\n";
const char cli_ps_description[] = "Lists the processes of a container: what the host's ps prints for them, with the ps\n"
                                  "options given after the id instead of -ef, or their process ids as a JSON array.\n";
const char cli_events_description[] = "Prints statistics of a container as one JSON object a line at every interval, and\n"
                                      "an object for each time the kernel kills for lack of memory, until the\n"
                                      "container ends.\n";
const char cli_update_description[] = "Changes resource limits of a container. What is not given stays as it is. The limits\n"
                                      "are judged like those of a new container: none can be lifted above what \"create\"\n"
                                      "would allow. Rules for devices are never changed.\n"
                                      "\n"
                                      "A file for --resources holds the JSON object linux.resources of a config.json.\n";
const char cli_checkpoint_description[] = "Refused: a checkpoint tool needs privileges that no container may have. The options of\n"
                                          "other runtimes are accepted so that a caller gets this answer.\n";
const char cli_restore_description[] = "Refused: a restored process would have been confined by somebody else. The options of\n"
                                       "other runtimes are accepted so that a caller gets this answer.\n";

const struct cli_option cli_ps_options[CLI_PS_OPTIONS] = {
    {"format", 'f', CLI_STRING, false, AT(format), "table or json (default: \"table\")"},
};

const struct cli_option cli_events_options[CLI_EVENTS_OPTIONS] = {
    {"interval", 0, CLI_STRING, false, AT(interval), "time between two statistics, such as 500ms, 5s or 1m30s (default: 5s)"},
    {"stats", 0, CLI_BOOL, false, AT(stats), "print the statistics once and exit"},
};

const struct cli_option cli_update_options[CLI_UPDATE_OPTIONS] = {
    {"resources", 'r', CLI_STRING, false, AT(update.resources), "file with the JSON of the limits, - for standard input; the other options are then ignored"},
    {"blkio-weight", 0, CLI_STRING, false, AT(update.blkio_weight), "weight of block I/O, 10 to 1000"},
    {"cpu-period", 0, CLI_STRING, false, AT(update.cpu_period), "period of the CPU quota in microseconds"},
    {"cpu-quota", 0, CLI_STRING, false, AT(update.cpu_quota), "CPU time in a period in microseconds, -1 for no limit"},
    {"cpu-burst", 0, CLI_STRING, false, AT(update.cpu_burst), "saved CPU time that a period may use in addition, in microseconds"},
    {"cpu-share", 0, CLI_STRING, false, AT(update.cpu_share), "CPU shares, relative to other containers"},
    {"cpu-rt-period", 0, CLI_STRING, false, AT(update.cpu_rt_period), "has no effect: cgroup v1 only"},
    {"cpu-rt-runtime", 0, CLI_STRING, false, AT(update.cpu_rt_runtime), "has no effect: cgroup v1 only"},
    {"cpuset-cpus", 0, CLI_STRING, false, AT(update.cpuset_cpus), "CPUs to use, such as 0-3,7"},
    {"cpuset-mems", 0, CLI_STRING, false, AT(update.cpuset_mems), "memory nodes to use"},
    {"cpu-idle", 0, CLI_STRING, false, AT(update.cpu_idle), "1: run only when a CPU would idle; 0: as usual"},
    {"memory", 0, CLI_STRING, false, AT(update.memory), "memory in bytes, or with a suffix such as 512m"},
    {"memory-reservation", 0, CLI_STRING, false, AT(update.memory_reservation), "memory that is protected from reclaim"},
    {"memory-swap", 0, CLI_STRING, false, AT(update.memory_swap), "memory and swap together"},
    {"pids-limit", 0, CLI_STRING, false, AT(update.pids_limit), "number of processes"},
    {"l3-cache-schema", 0, CLI_STRING, true, AT(update.l3_cache_schema), "refused: Intel RDT"},
    {"mem-bw-schema", 0, CLI_STRING, true, AT(update.mem_bw_schema), "refused: Intel RDT"},
    {"kernel-memory", 0, CLI_STRING, true, AT(update.kernel_memory), "has no effect"},
    {"kernel-memory-tcp", 0, CLI_STRING, true, AT(update.kernel_memory_tcp), "has no effect"},
};

/* Refused commands: the values are taken and never looked at. */
#define TEXT(i) AT(unused_text[i])
#define FLAG(i) AT(unused_flag[i])

const struct cli_option cli_checkpoint_options[CLI_CHECKPOINT_OPTIONS] = {
    {"image-path", 0, CLI_STRING, false, TEXT(0), "directory for the image"},
    {"work-path", 0, CLI_STRING, false, TEXT(1), "directory for logs"},
    {"parent-path", 0, CLI_STRING, false, TEXT(2), "directory of an earlier image"},
    {"leave-running", 0, CLI_BOOL, false, FLAG(0), "do not end the container"},
    {"tcp-established", 0, CLI_BOOL, false, FLAG(1), "allow open connections"},
    {"tcp-skip-in-flight", 0, CLI_BOOL, false, FLAG(2), "skip connections that are being made"},
    {"link-remap", 0, CLI_BOOL, false, FLAG(3), "allow removed files"},
    {"ext-unix-sk", 0, CLI_BOOL, false, FLAG(4), "allow connected Unix sockets"},
    {"shell-job", 0, CLI_BOOL, false, FLAG(5), "allow a terminal from outside"},
    {"lazy-pages", 0, CLI_BOOL, false, FLAG(6), "send memory on demand"},
    {"status-fd", 0, CLI_STRING, false, TEXT(3), "descriptor for the progress"},
    {"page-server", 0, CLI_STRING, false, TEXT(4), "address of a page server"},
    {"file-locks", 0, CLI_BOOL, false, FLAG(7), "allow file locks"},
    {"pre-dump", 0, CLI_BOOL, false, FLAG(8), "write memory only"},
    {"manage-cgroups-mode", 0, CLI_STRING, false, TEXT(5), "how cgroups are kept"},
    {"empty-ns", 0, CLI_STRING, false, TEXT(6), "namespace that is not kept"},
    {"auto-dedup", 0, CLI_BOOL, false, FLAG(9), "remove what is there twice"},
};

const struct cli_option cli_restore_options[CLI_RESTORE_OPTIONS] = {
    {"console-socket", 0, CLI_STRING, false, AT(console_socket), "socket that receives the terminal's master"},
    {"image-path", 0, CLI_STRING, false, TEXT(0), "directory of the image"},
    {"work-path", 0, CLI_STRING, false, TEXT(1), "directory for logs"},
    {"tcp-established", 0, CLI_BOOL, false, FLAG(0), "allow open connections"},
    {"ext-unix-sk", 0, CLI_BOOL, false, FLAG(1), "allow connected Unix sockets"},
    {"shell-job", 0, CLI_BOOL, false, FLAG(2), "allow a terminal from outside"},
    {"file-locks", 0, CLI_BOOL, false, FLAG(3), "allow file locks"},
    {"manage-cgroups-mode", 0, CLI_STRING, false, TEXT(2), "how cgroups are restored"},
    {"bundle", 'b', CLI_STRING, false, AT(bundle), "directory of the bundle"},
    {"detach", 'd', CLI_BOOL, false, AT(detach), "do not wait for the container's end"},
    {"pid-file", 0, CLI_STRING, false, AT(pid_file), "file that receives the process id"},
    {"no-subreaper", 0, CLI_BOOL, false, AT(no_subreaper), "do not adopt orphans"},
    {"no-pivot", 0, CLI_BOOL, false, AT(no_pivot), "do not use pivot_root"},
    {"empty-ns", 0, CLI_STRING, false, TEXT(3), "namespace that is made anew"},
    {"auto-dedup", 0, CLI_BOOL, false, FLAG(4), "remove what is there twice"},
    {"lazy-pages", 0, CLI_BOOL, false, FLAG(5), "fetch memory on demand"},
    {"lsm-profile", 0, CLI_STRING, false, TEXT(4), "label of the processes"},
    {"lsm-mount-context", 0, CLI_STRING, false, TEXT(5), "label of the mounts"},
};
