/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One table: a change to a good configuration or host → the verdict, the code and the field. Every code must come out of some row. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "rows.h"
#include "verdicts.h"

static const struct cm_mount_rule rules[] = {{"/srv", true, true, true}, {"/srv/ro", false, false, false}, {"/", true, true, true}};

CHANGE(host_net, facts->ns_path[OCI_NS_NETWORK].id = facts->init_ns[OCI_NS_NETWORK])
CHANGE(own_net, facts->ns_path[OCI_NS_NETWORK].id = facts->own_ns[OCI_NS_NETWORK])
CHANGE(host_user, facts->ns_path[OCI_NS_USER].id = facts->init_ns[OCI_NS_USER])
CHANGE(host_time, facts->ns_path[OCI_NS_TIME].id = facts->init_ns[OCI_NS_TIME])
CHANGE(no_ns, facts->ns_path[OCI_NS_NETWORK].exists = false; facts->ns_path[OCI_NS_NETWORK].errnum = ENOENT)
CHANGE(not_ns, facts->ns_path[OCI_NS_NETWORK].is_nsfs = false)
CHANGE(other_ns, facts->ns_path[OCI_NS_NETWORK].type_matches = false)
CHANGE(no_ids, facts->ids_available = false; facts->ids_reason = "add a line to /etc/subuid")
CHANGE(old_kernel, facts->last_cap = 38)
CHANGE(host_rootfs, facts->rootfs_is_host_root = true)
CHANGE(linked_rootfs, facts->rootfs_has_symlink = true)
CHANGE(no_rootfs, facts->rootfs_exists = false; facts->rootfs_errnum = ENOENT)
CHANGE(file_rootfs, facts->rootfs_is_directory = false)
CHANGE(proc_rootfs, facts->rootfs_fs_magic = PROC_SUPER_MAGIC)
static struct cm_layer_fact layers[] = {{.given = "/var/lib/e/2", .real = "/var/lib/e/2", .is_directory = true}, {.given = "/var/lib/e/l/1", .real = "/var/lib/e/1", .is_directory = true}};
static struct cm_layer_fact odd_layers[2];
static void layered(struct cm_facts *facts)
{
    facts->rootfs_is_overlay_mountpoint = true;
    facts->n_rootfs_layers = CM_ARRAY_LEN(layers);
    facts->rootfs_layers = layers;
}
#define ODD_LAYER(name, change) \
    CHANGE(name, layered(facts); memcpy(odd_layers, layers, sizeof(layers)); facts->rootfs_layers = odd_layers; odd_layers[1].change)
CHANGE(overlay_rootfs, layered(facts))
CHANGE(unknown_layers, layered(facts); facts->rootfs_layers_unknown = "there are too many")
ODD_LAYER(layer_gone, errnum = ENOENT)
ODD_LAYER(layer_file, is_directory = false)
ODD_LAYER(layer_proc, is_kernel_fs = true)
ODD_LAYER(layer_way, way_bad = "/var/lib/e")
ODD_LAYER(layer_etc, real = "/etc")
ODD_LAYER(layer_docker, real = "/var/lib/docker")
CHANGE(no_cwd, facts->cwd = CM_TARGET_MISSING)
CHANGE(file_cwd, facts->cwd = CM_TARGET_FILE)
CHANGE(bad_cwd, facts->cwd = CM_TARGET_ERROR)
CHANGE(proc_link, facts->mounts[0].target = CM_TARGET_SYMLINK; facts->mounts[0].target_plain = false)
CHANGE(dev_not_plain, facts->mounts[1].target_plain = false)
CHANGE(sys_link, facts->target_sys = CM_TARGET_SYMLINK)
CHANGE(tmp_file, facts->mounts[7].target = CM_TARGET_FILE)
CHANGE(tmp_device, facts->mounts[7].target = CM_TARGET_OTHER)
CHANGE(tmp_loop, facts->mounts[7].target = CM_TARGET_ERROR; facts->mounts[7].target_errnum = ELOOP)
CHANGE(tmp_missing, facts->mounts[7].target = CM_TARGET_MISSING)
CHANGE(void_profile, facts->apparmor_mode = CM_PROFILE_VOID)
CHANGE(ruled, policy->n_mount_rules = 2; policy->mount_rules = rules)
CHANGE(ruled_widely, policy->n_mount_rules = 3; policy->mount_rules = rules)
CHANGE(source_link, facts->mounts[7].source_errnum = ELOOP; facts->mounts[7].source_fd = -1)
CHANGE(source_socket, ruled(facts, policy); facts->mounts[7].source_mode = S_IFSOCK | 0666)
static struct cm_mount_entry bound_mounts[] = {{1, "8:1", "/", "/", "ext4"}, {2, "8:1", "/etc", "/var/lib/docker/volumes/v/_data", "ext4"}};
static const struct cm_mount_table bound_table = {2, bound_mounts};
CHANGE(bound_volume, facts->mount_table = &bound_table; facts->mounts[7].source_mount = &bound_mounts[1])
CHANGE(bad_way, bound_volume(facts, policy); facts->mounts[7].source_way_bad = "/var")
CHANGE(source_deleted, ruled(facts, policy); facts->mounts[7].source_deleted = true)
CHANGE(source_denied, ruled(facts, policy); facts->mounts[7].source_denied = "/etc")
CHANGE(source_control, ruled(facts, policy); facts->mounts[7].source_control = "/run/docker.sock")
CHANGE(source_has_socket, ruled(facts, policy); facts->mounts[7].source_socket = "x.sock")
CHANGE(source_unread, ruled(facts, policy); facts->mounts[7].source_unread = true)
CHANGE(no_idmap, ruled(facts, policy); facts->mounts[7].source_can_idmap = false)
CHANGE(source_nsfs, ruled(facts, policy); facts->mounts[7].source_fs_magic = NSFS_MAGIC)
CHANGE(source_root, ruled_widely(facts, policy); facts->mounts[7].source_is_host_root = true)
CHANGE(source_submount, ruled(facts, policy); facts->mounts[7].source_has_forbidden_submount = true)
CHANGE(special_submount, ruled(facts, policy); facts->mounts[7].source_has_special_submount = true)
CHANGE(source_file, ruled(facts, policy); facts->mounts[7].source_mode = S_IFREG | 0644)
#define SEEN(own, all, other)                                                                                                                                  \
    static const char *list[] = {"/srv/x", other};                                                                                                             \
    ruled(facts, policy); facts->mounts[7].source_places = list; facts->mounts[7].n_source_places = own;                                                       \
    facts->mounts[7].n_source_places_below = all
CHANGE(seen_in_etc, SEEN(2, 2, "/etc/x"))
CHANGE(seen_read_only, SEEN(2, 2, "/srv/ro/x"))
CHANGE(seen_in_ours, SEEN(2, 2, "/run/casemate/x"))
static const struct cm_mount_rule sockets[] = {{.prefix = "/srv", .allow_sockets = true}, {.prefix = "/opt"}}; /* the strictest counts */
CHANGE(seen_with_socket, SEEN(2, 2, "/opt/x"); policy->mount_rules = sockets; policy->n_mount_rules = 2; facts->mounts[7].source_socket = "x.sock")
CHANGE(seen_below, SEEN(1, 2, "/home/x"))
CHANGE(seen_nowhere, SEEN(0, 0, ""))
CHANGE(v1_only, facts->cgroup_v1_only = true; facts->cgroup_available = false)
CHANGE(no_cgroup, facts->cgroup_available = false)
CHANGE(no_memory, facts->controllers &= ~(unsigned int)CM_CTRL_MEMORY)
CHANGE(no_pids, facts->controllers &= ~(unsigned int)CM_CTRL_PIDS)
CHANGE(no_cpu, facts->controllers &= ~(unsigned int)CM_CTRL_CPU)
CHANGE(no_lsm, facts->apparmor = facts->selinux = false)
CHANGE(selinux, facts->apparmor = false; facts->selinux = true)
CHANGE(dumpable, facts->suid_dumpable = 1)
CHANGE(weak_runtime, facts->can_raise_rlimits = false; facts->rlimit_hard[RLIMIT_NOFILE] = 512)

#define TUN "{\"type\":\"c\",\"path\":\"/dev/net/tun\",\"major\":10,\"minor\":200}"
static const struct cm_policy_device two_devices[] = {{"/dev/net/tun", 10, 200, CM_DEVICE_READ | CM_DEVICE_WRITE}, {"/dev/fuse", 10, 229, CM_DEVICE_READ}};
static const char *const one_agent[] = {"/run/agent"};
CHANGE(with_agent, policy->n_listener_paths = 1; policy->listener_paths = one_agent)
#define NOTIFY(name) "\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_NOTIFY\""
CHANGE(with_tun, policy->n_devices = 2; policy->devices = two_devices)

static const struct oci_id_mapping outer_uids[] = {{0, 1000, 1}, {1, 100000, 65536}}, outer_gids[] = {{0, 1001, 1}, {1, 100000, 65536}};
CHANGE(rootless, facts->rootless = true; facts->host_uid = 1000; facts->n_outer_map = facts->n_outer_gid_map = 2;
       facts->outer_uid_map = (struct oci_id_mapping *)(uintptr_t)outer_uids; facts->outer_gid_map = (struct oci_id_mapping *)(uintptr_t)outer_gids)
CHANGE(rootless_bare, rootless(facts, policy); facts->cgroup_available = false)

static const struct row table[] = {
    {NULL, NULL, NULL, OK, NULL, NULL},

    /* namespaces */
    {"{\"type\":\"pid\"},", "", NULL, R, "CM-NS-PID", "/linux/namespaces"},
    {"{\"type\":\"network\"},", "", NULL, R, "CM-NS-NET", "/linux/namespaces"},
    {"{\"type\":\"ipc\"},", "", NULL, R, "CM-NS-IPC", "/linux/namespaces"},
    {"{\"type\":\"uts\"},", "", NULL, R, "CM-NS-UTS", "/linux/namespaces"},
    {"{\"type\":\"mount\"},", "", NULL, T, "CM-NS-MOUNT", "/linux/namespaces"},
    {",{\"type\":\"cgroup\"}", "", NULL, T, "CM-NS-CGROUP", "/linux/namespaces"},
    {"{\"type\":\"user\"},{\"type\":\"cgroup\"}]," MAPS, "{\"type\":\"cgroup\"}],", NULL, T, "CM-NS-USER", "/linux/namespaces"},
    {"{\"type\":\"user\"},", "", NULL, R, "CM-ID-NO-USERNS", "/linux/uidMappings", true},
    {NS_PATH("network"), NULL, OK, NULL, NULL},
    {NS_PATH("network"), host_net, R, "CM-NS-NET", "/linux/namespaces/1/path"},
    {NS_PATH("network"), own_net, R, "CM-NS-NET", "/linux/namespaces/1/path"},
    {NS_PATH("network"), no_ns, R, "CM-NS-PATH", "/linux/namespaces/1/path"},
    {NS_PATH("network"), not_ns, R, "CM-NS-PATH", "/linux/namespaces/1/path"},
    {NS_PATH("network"), other_ns, R, "CM-NS-PATH", "/linux/namespaces/1/path"},
    {NS_PATH("user"), host_user, R, "CM-NS-USER", "/linux/namespaces/5/path"},
    {NS_PATH("pid"), NULL, R, "CM-NS-JOIN", "/linux/namespaces/0/path"},
    {NS_PATH("ipc"), NULL, OK, NULL, NULL}, /* that the engine made: property_rows.c has those of containers */
    {NS_PATH("uts"), NULL, OK, NULL, NULL},
    {NS_PATH("mount"), NULL, R, "CM-NS-JOIN", "/linux/namespaces/4/path"},
    {NS_PATH("user"), NULL, R, "CM-ID-ROOT", "/linux/uidMappings", true}, /* one that nobody has given maps */
    {NS_PATH("cgroup"), NULL, R, "CM-NS-JOIN", "/linux/namespaces/6/path"},
    {NS("cgroup", "{\"type\":\"cgroup\"},{\"type\":\"time\",\"path\":\"/x\"}"), host_time, R, "CM-NS-TIME", "/linux/namespaces/7/path"},

    /* ids */
    {MAPS, "", NULL, OK, NULL, NULL},
    {MAPS, "", no_ids, R, "CM-ID-NONE", "/linux/uidMappings"},
    {UIDS("{\"containerID\":0,\"hostID\":65535,\"size\":65536}"), NULL, R, "CM-ID-HOST", "/linux/uidMappings/0"},
    {UIDS("{\"containerID\":0,\"hostID\":0,\"size\":65536}"), NULL, R, "CM-ID-HOST", "/linux/uidMappings/0"},
    {UIDS("{\"containerID\":0,\"hostID\":65536,\"size\":65536}"), NULL, OK, NULL, NULL},
    {UIDS("{\"containerID\":0,\"hostID\":4294901760,\"size\":65536}"), NULL, R, "CM-ID-RANGE", "/linux/uidMappings/0"},
    {UIDS("{\"containerID\":0,\"hostID\":4294901759,\"size\":65536}"), NULL, OK, NULL, NULL},
    {UIDS("{\"containerID\":0,\"hostID\":70000,\"size\":65536},{\"containerID\":70000,\"hostID\":200000,\"size\":0}"), NULL, R, "CM-ID-RANGE",
     "/linux/uidMappings/1"},
    {UIDS("{\"containerID\":1,\"hostID\":70000,\"size\":65536}"), NULL, R, "CM-ID-ROOT", "/linux/uidMappings"},
    {MAPS, "\"uidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}],", NULL, R, "CM-ID-ROOT", "/linux/gidMappings", true},
    {UIDS("{\"containerID\":0,\"hostID\":70000,\"size\":65536},{\"containerID\":65535,\"hostID\":200000,\"size\":1}"), NULL, R, "CM-ID-OVERLAP",
     "/linux/uidMappings/1"},
    {UIDS("{\"containerID\":0,\"hostID\":70000,\"size\":1001},{\"containerID\":5000,\"hostID\":71000,\"size\":1}"), NULL, R, "CM-ID-OVERLAP",
     "/linux/uidMappings/1"},
    {UIDS("{\"containerID\":0,\"hostID\":70000,\"size\":1000}"), NULL, R, "CM-ID-USER", "/process/user/uid"},
    {MAPS, "\"uidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}],\"gidMappings\":[{\"containerID\":0,\"hostID\":70000,\"size\":1000}],", NULL,
     R, "CM-ID-USER", "/process/user/gid"},
    {"\"additionalGids\":[1000,44]", "\"additionalGids\":[44,4294967295]", NULL, R, "CM-ID-USER", "/process/user/additionalGids/1"},
    {"\"uid\":1000", "\"uid\":65536", NULL, R, "CM-ID-USER", "/process/user/uid"},
    {MAPS, "", rootless, OK, NULL, NULL},
    {UIDS("{\"containerID\":0,\"hostID\":1000,\"size\":1}"), rootless, R, "CM-ID-ROOTLESS", "/linux/gidMappings/0", true},
    {MAPS, "\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1}],\"gidMappings\":[{\"containerID\":0,\"hostID\":1001,\"size\":1}],", rootless, T,
     "CM-ID-ROOTLESS", "/linux/uidMappings"},
    {MAPS,
     "\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1},{\"containerID\":1,\"hostID\":100000,\"size\":65536}],"
     "\"gidMappings\":[{\"containerID\":0,\"hostID\":1001,\"size\":1},{\"containerID\":1,\"hostID\":100000,\"size\":65536}],",
     rootless, OK, NULL, NULL},
    {UIDS("{\"containerID\":0,\"hostID\":1000,\"size\":2}"), rootless, R, "CM-ID-ROOTLESS", "/linux/uidMappings/0"},

    /* capabilities */
    {BOUNDING("\"CAP_NOPE\""), NULL, R, "CM-CAP-UNKNOWN", "/process/capabilities/bounding/1"},
    {BOUNDING("\"cap_chown\""), NULL, R, "CM-CAP-UNKNOWN", "/process/capabilities/bounding/1"},
    {BOUNDING("\"CAP_BPF\""), old_kernel, T, "CM-CAP-UNKNOWN", "/process/capabilities/bounding/1"},
    {BOUNDING("\"CAP_NET_RAW\""), NULL, T, "CM-CAP-DROPPED", "/process/capabilities/bounding/1"},
    {BOUNDING("\"CAP_SETUID\""), NULL, T, "CM-CAP-DROPPED", "/process/capabilities/bounding/1", true, CM_POLICY_STRICT},
    {BOUNDING("\"CAP_SETUID\""), NULL, OK, NULL, NULL},
    {BOUNDING("\"CAP_SYS_ADMIN\""), NULL, R, "CM-CAP-REFUSED", "/process/capabilities/bounding/1"},
    {BOUNDING("\"CAP_NET_ADMIN\""), NULL, R, "CM-CAP-REFUSED", "/process/capabilities/bounding/1"},
    {BOUNDING("\"CAP_SYS_PTRACE\""), NULL, R, "CM-CAP-REFUSED", "/process/capabilities/bounding/1"},
    {"\"permitted\":[\"CAP_KILL\"]", "\"permitted\":[\"CAP_KILL\"],\"inheritable\":[\"CAP_KILL\"]", NULL, T, "CM-CAP-INHERITABLE",
     "/process/capabilities/inheritable"},
    {"\"permitted\":[\"CAP_KILL\"]", "\"permitted\":[\"CAP_KILL\"],\"ambient\":[\"CAP_KILL\"]", NULL, OK, NULL, NULL},
    {"\"permitted\":[\"CAP_KILL\"]", "\"permitted\":[\"CAP_KILL\"],\"ambient\":[\"CAP_CHOWN\"]", NULL, T, "CM-CAP-AMBIENT", "/process/capabilities/ambient"},
    {"\"permitted\":[\"CAP_KILL\"]", "\"permitted\":[\"CAP_KILL\",\"CAP_CHOWN\"]", NULL, T, "CM-CAP-SUBSET", "/process/capabilities/permitted"},
    {"\"permitted\":[\"CAP_KILL\"]", "\"permitted\":[]", NULL, T, "CM-CAP-SUBSET", "/process/capabilities/effective"},
    {"\"uid\":1000,\"gid\":1000,\"additionalGids\":[1000,44]},\"args\":[\"sh\",\"-c\",\"true\"],\"env\":[\"PATH=/bin\",\"TERM=xterm\"],\"cwd\":\"/app\",\"noNewPrivileges\":true,"
     "\"capabilities\":{\"bounding\":[\"CAP_KILL\"],\"effective\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"]}",
     "\"uid\":0,\"gid\":0},\"args\":[\"sh\"],\"cwd\":\"/\",\"noNewPrivileges\":true", NULL, T, "CM-CAP-ABSENT", "/process"},
    {"\"capabilities\":{\"bounding\":[\"CAP_KILL\"],\"effective\":[\"CAP_KILL\"],\"permitted\":[\"CAP_KILL\"]},", "", NULL, OK, NULL, NULL},

    /* process */
    {"\"args\":[\"sh\",\"-c\",\"true\"]", "\"args\":[\"\"]", NULL, R, "CM-PROCESS", "/process/args"},
    {"\"gid\":1000,", "\"gid\":1000,\"umask\":512,", NULL, R, "CM-PROCESS", "/process/user/umask"},
    {"\"cwd\":\"/app\"", "\"cwd\":\"app\"", NULL, R, "CM-CWD", "/process/cwd"},
    {"\"cwd\":\"/app\"", "\"cwd\":\"/a/../b\"", NULL, R, "CM-CWD", "/process/cwd"},
    {"\"cwd\":\"/app\"", "\"cwd\":\"/proc/self/fd/7\"", NULL, R, "CM-CWD", "/process/cwd"},
    {"\"cwd\":\"/app\"", "\"cwd\":\"//./proc//1/root\"", NULL, R, "CM-CWD", "/process/cwd"},
    {"\"cwd\":\"/app\"", "\"cwd\":\"/process\"", NULL, OK, NULL, NULL},
    {NULL, NULL, no_cwd, OK, NULL, NULL},
    {NULL, NULL, file_cwd, R, "CM-CWD", "/process/cwd"},
    {NULL, NULL, bad_cwd, R, "CM-CWD", "/process/cwd"},
    {"\"TERM=xterm\"", "\"TERM\"", NULL, R, "CM-ENV", "/process/env/1"},
    {"\"TERM=xterm\"", "\"=x\"", NULL, R, "CM-ENV", "/process/env/1"},
    {"\"terminal\":false", "\"terminal\":true", NULL, OK, NULL, NULL},
    {"\"terminal\":false", "\"terminal\":true,\"consoleSize\":{\"height\":65535,\"width\":1}", NULL, OK, NULL, NULL},
    {"\"terminal\":false", "\"terminal\":true,\"consoleSize\":{\"height\":65536,\"width\":1}", NULL, R, "CM-PROCESS", "/process/consoleSize"},
    {"\"terminal\":false", "\"terminal\":true,\"consoleSize\":{\"height\":1,\"width\":65536}", NULL, R, "CM-PROCESS", "/process/consoleSize"},
    {"\"terminal\":false", "\"terminal\":false,\"consoleSize\":{\"height\":65536,\"width\":1}", NULL, OK, NULL, NULL},
    {"\"noNewPrivileges\":true", "\"noNewPrivileges\":false", NULL, T, "CM-NNP", "/process/noNewPrivileges"},
    {"\"noNewPrivileges\":true,", "", NULL, T, "CM-NNP", "/process"},
    {"\"uid\":1000", "\"uid\":0", NULL, R, "CM-NONROOT", "/process/user/uid", true, CM_POLICY_STRICT},
    {"\"additionalGids\":[1000,44]", "\"additionalGids\":[44,0]", NULL, R, "CM-GROUP", "/process/user/additionalGids/1"},
    {"\"gid\":1000,\"additionalGids\":[1000,44]", "\"gid\":0,\"additionalGids\":[0]", NULL, OK, NULL, NULL},
    {RLIMIT("{\"type\":\"RLIMIT_NOPE\",\"soft\":1,\"hard\":1}"), NULL, R, "CM-RLIMIT", "/process/rlimits/0"},
    {RLIMIT("{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}"), NULL, R, "CM-RLIMIT", "/process/rlimits/0"},
    {RLIMIT("{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":18446744073709551615}"), NULL, T, "CM-RLIMIT", "/process/rlimits/0"},
    {RLIMIT("{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":0}"), NULL, OK, NULL, NULL},
    {RLIMIT("{\"type\":\"RLIMIT_MEMLOCK\",\"soft\":1,\"hard\":18446744073709551615}"), NULL, T, "CM-RLIMIT", "/process/rlimits/0"},
    {RLIMIT("{\"type\":\"RLIMIT_NOFILE\",\"soft\":1,\"hard\":1048577}"), NULL, T, "CM-RLIMIT", "/process/rlimits/0"},
    {RLIMIT("{\"type\":\"RLIMIT_RTPRIO\",\"soft\":1,\"hard\":1}"), NULL, T, "CM-RLIMIT", "/process/rlimits/0"},
    {NULL, NULL, weak_runtime, T, "CM-RLIMIT", "/process/rlimits/0"},
    {"\"oomScoreAdj\":100", "\"oomScoreAdj\":-1", NULL, T, "CM-OOM", "/process/oomScoreAdj"},
    {"\"oomScoreAdj\":100", "\"oomScoreAdj\":1001", NULL, R, "CM-OOM", "/process/oomScoreAdj"},
    {LINUX("\"intelRdt\":{\"closID\":\"x\"}"), NULL, R, "CM-RDT", "/linux/intelRdt"},

    /* root, identity, annotations, hooks */
    {"\"root\":{\"path\":\"rootfs\",\"readonly\":true},", "", NULL, R, "CM-ROOTFS", "/root"},
    {NULL, NULL, host_rootfs, R, "CM-ROOTFS", "/root/path"},
    {NULL, NULL, linked_rootfs, R, "CM-ROOTFS", "/root/path"},
    {NULL, NULL, no_rootfs, R, "CM-ROOTFS", "/root/path"},
    {NULL, NULL, file_rootfs, R, "CM-ROOTFS", "/root/path"},
    {NULL, NULL, proc_rootfs, R, "CM-ROOTFS", "/root/path"},
    {NULL, NULL, overlay_rootfs, OK, NULL, NULL},
    {NULL, NULL, unknown_layers, R, "CM-ROOTFS", "/root/path"},
    {NULL, NULL, layer_gone, R, "CM-ROOTFS", "/root/path"},
    {NULL, NULL, layer_file, R, "CM-ROOTFS", "/root/path"},
    {NULL, NULL, layer_proc, R, "CM-ROOTFS", "/root/path"},
    {NULL, NULL, layer_way, R, "CM-ROOTFS", "/root/path"},
    {NULL, NULL, layer_etc, R, "CM-ROOTFS", "/root/path"},
    {NULL, NULL, layer_docker, R, "CM-ROOTFS", "/root/path"},
    {"\"readonly\":true", "\"readonly\":false", NULL, T, "CM-ROOT-READONLY", "/root/readonly"},
    {",\"readonly\":true", "", NULL, T, "CM-ROOT-READONLY", "/root"},
    {ANN("\"casemate.rootfs\":\"ephemeral\""), NULL, T, "CM-ROOT-READONLY", "/root/readonly"},
    {ANN("\"casemate.rootfs\":\"ephemeral\""), NULL, R, "CM-ANNOTATION", "/annotations/casemate.rootfs", true, CM_POLICY_STRICT},
    {ANN("\"casemate.rootfs\":\"readonly\""), NULL, OK, NULL, NULL},
    {ANN("\"casemate.rootfs\":\"rw\""), NULL, R, "CM-ANNOTATION", "/annotations/casemate.rootfs"},
    {ANN("\"casemate.a/b~c\":\"\""), NULL, R, "CM-ANNOTATION", "/annotations/casemate.a~1b~0c"},
    {ANN("\"org.systemd.property.X\":\"1\""), NULL, R, "CM-ANNOTATION-UNSAFE", "/annotations/org.systemd.property.X"},
    {ANN("\"run.oci.handler\":\"krun\""), NULL, R, "CM-ANNOTATION-UNSAFE", "/annotations/run.oci.handler"},
    {ANN("\"org.criu.config\":\"x\""), NULL, R, "CM-ANNOTATION-UNSAFE", "/annotations/org.criu.config"},
    {ANN("\"module.wasm.image/variant\":\"x\",\"run.ociX\":\"y\""), NULL, OK, NULL, NULL},
    {"\"rootfsPropagation\":\"private\"", "\"rootfsPropagation\":\"rslave\"", NULL, OK, NULL, NULL},
    {"\"rootfsPropagation\":\"private\"", "\"rootfsPropagation\":\"shared\"", NULL, R, "CM-PROPAGATION", "/linux/rootfsPropagation"},
    {"\"rootfsPropagation\":\"private\"", "\"rootfsPropagation\":\"unbindable\"", NULL, R, "CM-PROPAGATION", "/linux/rootfsPropagation"},
    {"\"hostname\":\"box\"", "\"hostname\":\"a b\"", NULL, R, "CM-HOSTNAME", "/hostname"},
    {"\"hostname\":\"box\"", "\"domainname\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", NULL, R, "CM-HOSTNAME", "/domainname"},
    {"\"hooks\":{}", "\"hooks\":{\"prestart\":[{\"path\":\"/x\"}]}", NULL, R, "CM-HOOK", "/hooks/prestart/0"},
    {"\"hooks\":{}", "\"hooks\":{\"poststop\":[{\"path\":\"/x\"}]}", NULL, R, "CM-HOOK", "/hooks/poststop/0"},
    {NULL, NULL, dumpable, OK, NULL, NULL},
    {NULL, NULL, dumpable, R, "CM-SUID-DUMPABLE", "", true, CM_POLICY_STRICT},

    /* mounts: what and where */
    {MOUNT("\"destination\":\"/x\",\"type\":\"overlay\",\"options\":[\"lowerdir=/\"]"), NULL, R, "CM-MOUNT-TYPE", "/mounts/7/type"},
    {MOUNT("\"destination\":\"/x\",\"type\":\"none\",\"source\":\"/srv/x\""), ruled, R, "CM-MOUNT-TYPE", "/mounts/7/type"},
    {MOUNT("\"destination\":\"/x\",\"type\":\"tmpfs\",\"source\":\"/srv/x\",\"options\":[\"bind\"]"), ruled, R, "CM-MOUNT-TYPE", "/mounts/7/type"},
    {MOUNT("\"destination\":\"/x\",\"type\":\"proc\""), NULL, R, "CM-MOUNT-DEST", "/mounts/7/destination"},
    {MOUNT("\"destination\":\"/\",\"type\":\"tmpfs\""), NULL, R, "CM-MOUNT-DEST", "/mounts/7/destination"},
    {MOUNT("\"destination\":\"/a/../b\",\"type\":\"tmpfs\""), NULL, R, "CM-MOUNT-DEST", "/mounts/7/destination"},
    {MOUNT("\"destination\":\"proc/sys\",\"type\":\"tmpfs\""), NULL, R, "CM-MOUNT-DEST", "/mounts/7/destination"},
    {MOUNT("\"destination\":\"/./proc//self/attr\",\"type\":\"tmpfs\""), NULL, R, "CM-MOUNT-DEST", "/mounts/7/destination"},
    {MOUNT("\"destination\":\"/sys/firmware\",\"type\":\"tmpfs\""), NULL, R, "CM-MOUNT-DEST", "/mounts/7/destination"},
    {MOUNT("\"destination\":\"/dev/net\",\"type\":\"tmpfs\""), NULL, R, "CM-MOUNT-DEST", "/mounts/7/destination"},
    {MOUNT("\"destination\":\"/device\",\"type\":\"tmpfs\",\"options\":[\"nosuid\",\"nodev\"]"), NULL, OK, NULL, NULL},
    {MOUNT("\"destination\":\"tmp\",\"type\":\"tmpfs\",\"options\":[\"nosuid\",\"nodev\"]"), NULL, OK, NULL, NULL},
    {MOUNT("\"destination\":\"//dev/./shm\",\"type\":\"tmpfs\",\"options\":[\"nosuid\",\"nodev\"]"), NULL, R, "CM-MOUNT-DUPLICATE", "/mounts/7/destination"},
    {MOUNT("\"destination\":\"/dev/pts\",\"type\":\"tmpfs\""), NULL, R, "CM-MOUNT-DEST", "/mounts/7/destination"},
    {"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},", "", NULL, T, "CM-MOUNT-ADDED", "/mounts"},
    {"{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]},", "", sys_link, R,
     "CM-ROOTFS-LINK", "/mounts", true},
    {NULL, NULL, proc_link, R, "CM-ROOTFS-LINK", "/mounts/0/destination"},
    {NULL, NULL, dev_not_plain, R, "CM-ROOTFS-LINK", "/mounts/1/destination"},
    {NULL, NULL, tmp_file, R, "CM-MOUNT-TARGET", "/mounts/7/destination"},
    {NULL, NULL, tmp_device, R, "CM-MOUNT-TARGET", "/mounts/7/destination"},
    {NULL, NULL, tmp_loop, R, "CM-MOUNT-TARGET", "/mounts/7/destination"},
    {NULL, NULL, tmp_missing, OK, NULL, NULL},

    /* mounts: options */
    {TMP_OPTION("suid"), NULL, R, "CM-MOUNT-FLAGS", "/mounts/7/options/2"},
    {TMP_OPTION("rdev"), NULL, R, "CM-MOUNT-FLAGS", "/mounts/7/options/2"},
    {TMP, "{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"options\":[\"nosuid\"]}", NULL, T, "CM-MOUNT-FLAGS", "/mounts/7/options"},
    {TMP_OPTION("rshared"), NULL, R, "CM-MOUNT-PROPAGATION", "/mounts/7/options/2"},
    {TMP_OPTION("unbindable"), NULL, R, "CM-MOUNT-PROPAGATION", "/mounts/7/options/2"},
    {TMP_OPTION("rslave"), NULL, R, "CM-MOUNT-PROPAGATION", "/mounts/7"},
    {TMP_OPTION("rprivate"), NULL, OK, NULL, NULL},
    {TMP_OPTION("remount"), NULL, R, "CM-MOUNT-OPTION", "/mounts/7/options/2"},
    {TMP_OPTION("tmpcopyup"), NULL, OK, NULL, NULL},
    {"\"source\":\"shm\",\"options\":[\"nosuid\"", "\"source\":\"shm\",\"options\":[\"tmpcopyup\",\"nosuid\"", NULL, OK, NULL, NULL},
    {"\"strictatime\",\"mode=755\"", "\"tmpcopyup\",\"mode=755\"", NULL, R, "CM-MOUNT-OPTION", "/mounts/1/options"},
    {"\"source\":\"mqueue\",\"options\":[\"nosuid\"", "\"source\":\"mqueue\",\"options\":[\"tmpcopyup\",\"nosuid\"", NULL, R, "CM-MOUNT-OPTION",
     "/mounts/4/options"},
    {BIND("/srv/x", "\"bind\",\"tmpcopyup\""), ruled, R, "CM-MOUNT-OPTION", "/mounts/7/options"},
    {TMP_OPTION("sync"), NULL, OK, NULL, NULL},
    {BIND("/srv/x", "\"bind\",\"dirsync\""), ruled, OK, NULL, NULL},
    {TMP_OPTION("context=x"), NULL, R, "CM-MOUNT-OPTION", "/mounts/7/options/2"},
    {TMP_OPTION("lowerdir=/"), NULL, R, "CM-MOUNT-OPTION", "/mounts/7/options/2"},
    {TMP_OPTION("size=1x"), NULL, R, "CM-MOUNT-OPTION", "/mounts/7/options/2"},
    {TMP_OPTION("size="), NULL, R, "CM-MOUNT-OPTION", "/mounts/7/options/2"},
    {TMP_OPTION("size=1m,uid=0"), NULL, R, "CM-MOUNT-OPTION", "/mounts/7/options/2"},
    {TMP_OPTION("size=99999999999999999999"), NULL, R, "CM-MOUNT-OPTION", "/mounts/7/options/2"},
    {TMP_OPTION("size=17179869184t"), NULL, R, "CM-MOUNT-OPTION", "/mounts/7/options/2"},
    {TMP_OPTION("size=101%"), NULL, R, "CM-MOUNT-OPTION", "/mounts/7/options/2"},
    {TMP_OPTION("size=50%"), NULL, OK, NULL, NULL},
    {TMP_OPTION("size=100G"), NULL, T, "CM-MOUNT-OPTION", "/mounts/7/options"},
    {TMP_OPTION("mode=8"), NULL, R, "CM-MOUNT-OPTION", "/mounts/7/options/2"},
    {TMP_OPTION("uid=65536"), NULL, R, "CM-MOUNT-OPTION", "/mounts/7/options/2"},
    {TMP_OPTION("gid=7"), NULL, OK, NULL, NULL},
    {TMP_OPTION("idmap"), NULL, R, "CM-MOUNT-IDMAP", "/mounts/7"},
    {"\"relatime\",\"ro\"", "\"relatime\",\"rw\"", NULL, T, "CM-MOUNT-READONLY", "/mounts/6"},
    {"\"source\":\"sysfs\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]", "\"source\":\"sysfs\"", NULL, T, "CM-MOUNT-READONLY", "/mounts/5"},
    {"\"relatime\",\"ro\"", "\"nsdelegate\",\"ro\"", NULL, OK, NULL, NULL},

    /* bind mounts */
    {BIND("/srv/x", "\"rbind\""), NULL, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"rbind\",\"rslave\""), ruled, T, "CM-MOUNT-PROPAGATION", "/mounts/7"},
    {BIND("/srv/x", "\"rbind\",\"slave\""), ruled, T, "CM-MOUNT-PROPAGATION", "/mounts/7"},
    {BIND("/srv/x", "\"rbind\",\"rslave\",\"rprivate\""), ruled, OK, NULL, NULL},
    {BIND("/srvx", "\"rbind\""), ruled, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/ro/x", "\"rbind\""), ruled, T, "CM-MOUNT-READONLY", "/mounts/7"},
    {BIND("/srv/ro/x", "\"rbind\",\"ro\",\"noexec\""), ruled, OK, NULL, NULL},
    {BIND("/srv/x", "\"rbind\",\"rshared\""), ruled, R, "CM-MOUNT-PROPAGATION", "/mounts/7/options/3"},
    {BIND("/srv/x", "\"rbind\",\"size=1\""), ruled, R, "CM-MOUNT-OPTION", "/mounts/7/options/3"},
    {BIND("/srv/x", "\"rbind\",\"idmap\""), ruled, OK, NULL, NULL},
    {BIND("/srv/ro/x", "\"rbind\",\"ro\",\"noexec\",\"idmap\""), ruled, R, "CM-MOUNT-IDMAP", "/mounts/7"},
    {BIND("/srv/ro/x", "\"rbind\",\"ro\",\"noexec\",\"ridmap\""), ruled, R, "CM-MOUNT-IDMAP", "/mounts/7"},
    {BIND_MAPS("0,\"hostID\":200000,\"size\":65536", "0,\"hostID\":300000,\"size\":65536"), ruled, OK, NULL, NULL},
    {BIND_MAPS("7,\"hostID\":265535,\"size\":1", "4294967294,\"hostID\":300001,\"size\":1"), ruled, OK, NULL, NULL},
    {BIND_MAPS("0,\"hostID\":265535,\"size\":2", "0,\"hostID\":300000,\"size\":1"), ruled, R, "CM-MOUNT-IDMAP", "/mounts/7/uidMappings"},
    {BIND_MAPS("0,\"hostID\":200000,\"size\":1", "0,\"hostID\":200000,\"size\":1"), ruled, R, "CM-MOUNT-IDMAP", "/mounts/7/gidMappings"},
    {BIND_MAPS("0,\"hostID\":200000,\"size\":0", "0,\"hostID\":300000,\"size\":1"), ruled, R, "CM-MOUNT-IDMAP", "/mounts/7/uidMappings"},
    {BIND_MAPS("0,\"hostID\":200000,\"size\":2},{\"containerID\":1,\"hostID\":200002,\"size\":1", "0,\"hostID\":300000,\"size\":1"), ruled, R, "CM-MOUNT-IDMAP",
     "/mounts/7/uidMappings"},
    {BIND_MAPS("0,\"hostID\":200000,\"size\":2},{\"containerID\":9,\"hostID\":200001,\"size\":1", "0,\"hostID\":300000,\"size\":1"), ruled, R, "CM-MOUNT-IDMAP",
     "/mounts/7/uidMappings"},
    {BIND("/srv/x", "\"bind\"],\"gidMappings\":[{\"containerID\":0,\"hostID\":300000,\"size\":1}],\"x\":[\"\""), ruled, R, "CM-MOUNT-IDMAP",
     "/mounts/7/uidMappings"},
    {BIND(
         "/srv/x",
         "\"rbind\"],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],\"gidMappings\":[{\"containerID\":0,\"hostID\":300000,\"size\":65536}],\"x\":[\"\""),
     ruled, R, "CM-MOUNT-IDMAP", "/mounts/7/uidMappings"},
    {BIND("/srv/x", "\"bind\""), source_link, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), source_socket, R, "CM-MOUNT-SOCKET", "/mounts/7/source"},
    {BIND("/var/lib/kubelet/pods/3d66c9b8-3299-4be1-8148-c2cef1900a03/etc-hosts", "\"bind\""), NULL, R, "CM-MOUNT-FOREIGN", "/mounts/7/source"},
    {BIND("/var/lib/docker/volumes/v/_data", "\"bind\""), bad_way, R, "CM-MOUNT-WAY", "/mounts/7/source"},
    {BIND("/var/lib/docker/volumes/v/_data", "\"bind\""), bound_volume, R, "CM-MOUNT-LAUNDERED", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), source_deleted, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), source_denied, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), source_control, R, "CM-MOUNT-SOCKET", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), source_has_socket, R, "CM-MOUNT-SOCKET", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), source_unread, R, "CM-MOUNT-SOCKET", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\",\"idmap\""), no_idmap, R, "CM-MOUNT-IDMAP", "/mounts/7"},
    {BIND("/srv/x", "\"bind\""), source_nsfs, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), source_root, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), seen_with_socket, R, "CM-MOUNT-SOCKET", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), seen_in_etc, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), seen_read_only, T, "CM-MOUNT-READONLY", "/mounts/7"},
    {BIND("/srv/x", "\"bind\""), seen_in_ours, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), seen_below, OK, NULL, NULL},
    {BIND("/srv/x", "\"rbind\""), seen_below, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), seen_nowhere, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"bind\""), source_submount, OK, NULL, NULL},
    {BIND("/srv/x", "\"bind\""), special_submount, OK, NULL, NULL},
    {BIND("/srv/x", "\"rbind\""), special_submount, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"rbind\""), source_submount, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/srv/x", "\"rbind\""), source_file, R, "CM-MOUNT-TARGET", "/mounts/7/destination"},
    {BIND("/etc", "\"bind\""), ruled_widely, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/dev/mem", "\"bind\""), ruled_widely, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/proc/1", "\"bind\""), ruled_widely, R, "CM-MOUNT-SOURCE", "/mounts/7/source"},
    {BIND("/dev/shm/x", "\"bind\""), ruled_widely, OK, NULL, NULL},

    /* devices, masks, sysctls */
    {DEVICES("{\"type\":\"c\",\"path\":\"/dev/null\",\"major\":1,\"minor\":3},{\"type\":\"c\",\"path\":\"/dev/console\",\"major\":5,\"minor\":1}"), NULL, OK,
     NULL, NULL},
    {DEVICES("{\"type\":\"c\",\"path\":\"/dev/null\",\"major\":1,\"minor\":1}"), NULL, R, "CM-DEVICE", "/linux/devices/0"},
    {DEVICES("{\"type\":\"b\",\"path\":\"/dev/null\",\"major\":1,\"minor\":3}"), NULL, R, "CM-DEVICE", "/linux/devices/0"},
    {DEVICES("{\"type\":\"c\",\"path\":\"/dev/kvm\",\"major\":10,\"minor\":232}"), NULL, R, "CM-DEVICE", "/linux/devices/0"},
    {RULE("{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":3,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":136,\"access\":\"rwm\"}"), NULL,
     OK, NULL, NULL},
    {RULE("{\"allow\":true,\"access\":\"rwm\"}"), NULL, R, "CM-DEVICE-RULE", "/linux/resources/devices/1"},
    {RULE("{\"allow\":true,\"type\":\"c\",\"major\":1,\"access\":\"rwm\"}"), NULL, R, "CM-DEVICE-RULE", "/linux/resources/devices/1"},
    {RULE("{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":200,\"access\":\"rwm\"}"), NULL, R, "CM-DEVICE-RULE", "/linux/resources/devices/1"},
    {RULE("{\"allow\":true,\"type\":\"b\",\"major\":1,\"minor\":3,\"access\":\"rwm\"}"), NULL, R, "CM-DEVICE-RULE", "/linux/resources/devices/1"},
    {DEVICES(TUN), with_tun, OK, NULL, NULL},
    {DEVICES(TUN ",{\"type\":\"c\",\"path\":\"/dev/tap\",\"major\":10,\"minor\":200}"), with_tun, R, "CM-DEVICE", "/linux/devices/1"},
    {DEVICES(TUN "," TUN), with_tun, R, "CM-DEVICE", "/linux/devices/1"},
    {DEVICES("{\"type\":\"b\",\"path\":\"/dev/net/tun\",\"major\":10,\"minor\":200}"), with_tun, R, "CM-DEVICE", "/linux/devices/0"},
    {DEVICES("{\"type\":\"c\",\"path\":\"/dev/net/tun\",\"major\":10}"), with_tun, R, "CM-DEVICE", "/linux/devices/0"},
    {DEVICES("{\"type\":\"u\",\"path\":\"/dev/net/tun\",\"major\":10,\"minor\":200,\"fileMode\":8624,\"uid\":1000,\"gid\":44}"), with_tun, OK, NULL, NULL},
    {DEVICES("{\"type\":\"c\",\"path\":\"/dev/net/tun\",\"major\":10,\"minor\":200,\"fileMode\":2544}"), with_tun, R, "CM-DEVICE", "/linux/devices/0/fileMode"},
    {DEVICES("{\"type\":\"c\",\"path\":\"/dev/net/tun\",\"major\":10,\"minor\":200,\"uid\":65536}"), with_tun, R, "CM-DEVICE", "/linux/devices/0/uid"},
    {DEVICES("{\"type\":\"c\",\"path\":\"/dev/net/tun\",\"major\":10,\"minor\":200,\"gid\":65536}"), with_tun, R, "CM-DEVICE", "/linux/devices/0/gid"},
    {DEVICES("{\"type\":\"p\",\"path\":\"/dev/initctl\"}"), NULL, OK, NULL, NULL},
    {DEVICES("{\"type\":\"p\",\"path\":\"/etc/initctl\"}"), NULL, R, "CM-DEVICE", "/linux/devices/0"},
    {DEVICES("{\"type\":\"p\",\"path\":\"/dev/pts/9\"}"), NULL, R, "CM-DEVICE", "/linux/devices/0"},
    {DEVICES("{\"type\":\"p\",\"path\":\"/dev/a\"},{\"type\":\"p\",\"path\":\"/dev/a/b\"}"), NULL, R, "CM-DEVICE", "/linux/devices/1"},
    {RULE("{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":200,\"access\":\"rw\"}"), with_tun, OK, NULL, NULL},
    {RULE("{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":200,\"access\":\"rwm\"}"), with_tun, T, "CM-DEVICE-RULE", "/linux/resources/devices/1"},
    {RULE("{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":200}"), with_tun, T, "CM-DEVICE-RULE", "/linux/resources/devices/1"},
    {RULE("{\"allow\":true,\"type\":\"c\",\"access\":\"m\"}"), NULL, T, "CM-DEVICE-RULE", "/linux/resources/devices/1"},
    {RULE("{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":229,\"access\":\"r\"}"), with_tun, OK, NULL, NULL},
    {RULE("{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":229,\"access\":\"rw\"}"), with_tun, R, "CM-DEVICE-RULE", "/linux/resources/devices/1"},
    {RULE("{\"allow\":true,\"type\":\"c\",\"major\":10,\"access\":\"r\"}"), with_tun, R, "CM-DEVICE-RULE", "/linux/resources/devices/1"},
    {RULE("{\"allow\":true,\"type\":\"b\",\"major\":10,\"minor\":200,\"access\":\"r\"}"), with_tun, R, "CM-DEVICE-RULE", "/linux/resources/devices/1"},
    {RULE("{\"allow\":true,\"type\":\"a\",\"major\":10,\"minor\":200,\"access\":\"r\"}"), with_tun, R, "CM-DEVICE-RULE", "/linux/resources/devices/1"},
    {"\"/proc/kcore\",", "", NULL, T, "CM-MASK", "/linux/maskedPaths"},
    {"\"/proc/kcore\"", "\"proc/kcore\"", NULL, R, "CM-MASK", "/linux/maskedPaths/3"},
    {"\"/proc/acpi\"", "\"/proc/acpi\",\"/../etc\"", NULL, R, "CM-MASK", "/linux/maskedPaths/1"},
    {"\"/proc/bus\",", "", NULL, T, "CM-READONLY-PATH", "/linux/readonlyPaths"},
    {"\"/proc/bus\"", "\"/proc/bus\",\"/\"", NULL, R, "CM-READONLY-PATH", "/linux/readonlyPaths/1"},
    {SYSCTL("\"net.ipv4.tcp_rmem\":\"4096\\t8192 16384\",\"kernel/msgmax\":\"1\""), NULL, OK, NULL, NULL},
    {SYSCTL("\"kernel.core_pattern\":\"|x\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/kernel.core_pattern"},
    {SYSCTL("\"net.ipv4/../../kernel/core_pattern\":\"|x\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/net.ipv4~1..~1..~1kernel~1core_pattern"},
    {SYSCTL("\"kernel.msgmax\":\"1\\n2\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/kernel.msgmax"},
    {SYSCTL("\"kernel.msgmax\":\"\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/kernel.msgmax"},
    {SYSCTL("\"user.max_user_namespaces\":\"9\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/user.max_user_namespaces"},
    {SYSCTL("\"kernel/msgmax/\":\"9\""), NULL, R, "CM-SYSCTL", "/linux/sysctl/kernel~1msgmax~1"},

    /* cgroup and limits */
    {"\"tenant/box\"", "\"/a/../b\"", NULL, R, "CM-CGROUP-PATH", "/linux/cgroupsPath"},
    {"\"tenant/box\"", "\"a//b\"", NULL, R, "CM-CGROUP-PATH", "/linux/cgroupsPath"},
    {"\"tenant/box\"", "\"/\"", NULL, R, "CM-CGROUP-PATH", "/linux/cgroupsPath"},
    {"\"tenant/box\"", "\"a/cgroup.procs\"", NULL, R, "CM-CGROUP-PATH", "/linux/cgroupsPath"},
    {"\"tenant/box\"", "\"machine.slice:libpod:abc\"", NULL, R, "CM-CGROUP-PATH", "/linux/cgroupsPath"},
    {NULL, NULL, v1_only, R, "CM-CGROUP-V1", ""},
    {NULL, NULL, no_cgroup, R, "CM-CGROUP-NONE", "/linux/cgroupsPath"},
    {NULL, NULL, no_memory, R, "CM-LIMIT-UNENFORCEABLE", "/linux/resources/memory/limit"},
    {NULL, NULL, no_pids, R, "CM-LIMIT-UNENFORCEABLE", "/linux/resources/pids/limit"},
    {"\"pids\":{\"limit\":100},", "", no_pids, OK, NULL, NULL},
    {"\"pids\":{\"limit\":100},", "", no_pids, R, "CM-LIMIT-UNENFORCEABLE", "/linux/resources/pids", true, CM_POLICY_STRICT},
    {"\"pids\":{\"limit\":100},", "\"pids\":{\"limit\":-1},", no_pids, OK, NULL, NULL},
    {"\"memory\":{\"limit\":1000000,\"swap\":1000000},", "", no_memory, OK, NULL, NULL},
    {RESOURCES("\"cpu\":{\"shares\":512}"), no_cpu, R, "CM-LIMIT-UNENFORCEABLE", "/linux/resources/cpu/shares"},
    {RESOURCES("\"cpu\":{\"shares\":512,\"quota\":5000,\"cpus\":\"0-1\"}"), NULL, OK, NULL, NULL},
    {RESOURCES("\"cpu\":{\"cpus\":\"0;1\"}"), NULL, R, "CM-LIMIT-INVALID", "/linux/resources/cpu/cpus"},
    {RESOURCES("\"cpu\":{\"burst\":5}"), NULL, R, "CM-LIMIT-INVALID", "/linux/resources/cpu/burst"},
    {RESOURCES("\"blockIO\":{\"weight\":9}"), NULL, R, "CM-LIMIT-INVALID", "/linux/resources/blockIO/weight"},
    {RESOURCES("\"rdma\":{\"a b\":{\"hcaHandles\":1}}"), NULL, R, "CM-LIMIT-INVALID", "/linux/resources/rdma/a b"},
    {"\"swap\":1000000", "\"swap\":999999", NULL, R, "CM-LIMIT-INVALID", "/linux/resources/memory/swap"},
    {"\"limit\":1000000,\"swap\":1000000", "\"swap\":1000000", NULL, R, "CM-LIMIT-INVALID", "/linux/resources/memory/swap", true},
    {"\"limit\":1000000,", "\"limit\":-2,", NULL, R, "CM-LIMIT-INVALID", "/linux/resources/memory/limit"},
    {"\"swap\":1000000", "\"swap\":-1", NULL, T, "CM-LIMIT-CEILING", "/linux/resources/memory/swap"},
    {"\"limit\":1000000,\"swap\":1000000", "\"limit\":-1", NULL, T, "CM-LIMIT-CEILING", "/linux/resources/memory/limit", true},
    {"\"limit\":1000000,\"swap\":1000000", "\"limit\":9223372036854771712,\"swap\":9223372036854771712", NULL, T, "CM-LIMIT-CEILING",
     "/linux/resources/memory/limit"},
    {"\"pids\":{\"limit\":100}", "\"pids\":{\"limit\":32769}", NULL, T, "CM-LIMIT-CEILING", "/linux/resources/pids/limit"},
    {"\"pids\":{\"limit\":100}", "\"pids\":{\"limit\":-1}", NULL, T, "CM-LIMIT-CEILING", "/linux/resources/pids/limit"},
    {"\"pids\":{\"limit\":100},", "", NULL, T, "CM-LIMIT-DEFAULT", "/linux/resources"},
    {UNIFIED("\"memory.high\":\"1000\",\"io.max\":\"8:0 rbps=1\\n8:16 rbps=1\""), NULL, OK, NULL, NULL},
    {UNIFIED("\"cgroup.procs\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/cgroup.procs"},
    {UNIFIED("\"memory/high\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/memory~1high"},
    {UNIFIED("\"memory.high/../x\":\"1\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/memory.high~1..~1x"},
    {UNIFIED("\"memory.high\":\"\""), NULL, R, "CM-UNIFIED", "/linux/resources/unified/memory.high"},
    {UNIFIED("\"pids.max\":\"max\""), NULL, T, "CM-LIMIT-CEILING", "/linux/resources/unified/pids.max"},
    {UNIFIED("\"pids.max\":\" max\""), NULL, R, "CM-LIMIT-INVALID", "/linux/resources/unified/pids.max"},
    {UNIFIED("\"memory.max\":\"1G\""), NULL, OK, NULL, NULL},
    {UNIFIED("\"memory.max\":\"1000T\""), NULL, T, "CM-LIMIT-CEILING", "/linux/resources/unified/memory.max"},
    {UNIFIED("\"memory.max\":\"0xffffffffffff\""), NULL, R, "CM-LIMIT-INVALID", "/linux/resources/unified/memory.max"},
    {UNIFIED("\"pids.max\":\"-1\""), NULL, R, "CM-LIMIT-INVALID", "/linux/resources/unified/pids.max"},
    {UNIFIED("\"pids.max\":\"99999\""), NULL, T, "CM-LIMIT-CEILING", "/linux/resources/unified/pids.max"},
    {UNIFIED("\"memory.swap.max\":\"1\\nmax\""), NULL, R, "CM-LIMIT-INVALID", "/linux/resources/unified/memory.swap.max"},
    {UNIFIED("\"cpu.weight\":\"7\""), no_cpu, R, "CM-LIMIT-UNENFORCEABLE", "/linux/resources/unified/cpu.weight"},
    {"\"memory\":{\"limit\":1000000,\"swap\":1000000},\"pids\":{\"limit\":100},", "", rootless_bare, R, "CM-ID-ROOTLESS", "/linux/uidMappings/0", true},
    {NULL, NULL, rootless_bare, R, "CM-LIMIT-UNENFORCEABLE", "/linux/resources/memory/limit", true},

    /* seccomp and labels */
    {"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]},", "", NULL, T,
     "CM-SECCOMP-ABSENT", "/linux"},
    {SECCOMP("\"defaultAction\":\"SCMP_ACT_LOG\""), NULL, T, "CM-SECCOMP-DEFAULT", "/linux/seccomp/defaultAction"},
    {SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_M68K\"]"), NULL, T, "CM-SECCOMP-ARCH",
     "/linux/seccomp/architectures"},
    {SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]"), NULL, T, "CM-SECCOMP-FLAG",
     "/linux/seccomp/flags/1"},
    {"\"action\":\"SCMP_ACT_ALLOW\"", "\"action\":\"SCMP_ACT_NOTIFY\"", NULL, R, "CM-SECCOMP-NOTIFY", "/linux/seccomp/syscalls/0/names/0", true},
    {"\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"", NOTIFY("mkdir"), NULL, R, "CM-SECCOMP-NOTIFY", "/linux/seccomp/syscalls/1/action"},
    {"\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]", NOTIFY("mkdir") "}],\"listenerPath\":\"/run/agent\"", NULL, R, "CM-SECCOMP-NOTIFY", "/linux/seccomp/listenerPath"},
    {"\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]", NOTIFY("mkdir") "}],\"listenerPath\":\"/run/agent\"", with_agent, OK, NULL, NULL},
    {"\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]", NOTIFY("mkdir") "}],\"listenerPath\":\"/run/agent2\"", with_agent, R, "CM-SECCOMP-NOTIFY", "/linux/seccomp/listenerPath"},
    {"\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]", NOTIFY("write") "}],\"listenerPath\":\"/run/agent\"", with_agent, R, "CM-SECCOMP-NOTIFY", "/linux/seccomp/syscalls/1/names/0"},
    {"\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]", NOTIFY("exit_group") "}],\"listenerPath\":\"/run/agent\"", with_agent, R, "CM-SECCOMP-NOTIFY", "/linux/seccomp/syscalls/1/names/0"},
    {SECCOMP("\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"listenerPath\":\"/run/agent\""), with_agent, R, "CM-SECCOMP-NOTIFY", "/linux/seccomp/defaultAction"},
    {SECCOMP("\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/run/agent\",\"listenerMetadata\":\"x\""), NULL, OK, NULL, NULL},
    {PROCESS("\"apparmorProfile\":\"cri-containerd.apparmor.d\""), NULL, OK, NULL, NULL},
    {PROCESS("\"apparmorProfile\":\"cri-containerd.apparmor.d\""), no_lsm, R, "CM-LSM", "/process/apparmorProfile"},
    {PROCESS("\"apparmorProfile\":\"a\\nb\""), NULL, R, "CM-LSM", "/process/apparmorProfile"},
    {PROCESS("\"apparmorProfile\":\"unconfined\""), NULL, R, "CM-LSM-UNCONFINED", "/process/apparmorProfile"},
    {PROCESS("\"apparmorProfile\":\"&unconfined\""), NULL, R, "CM-LSM-UNCONFINED", "/process/apparmorProfile"},
    {PROCESS("\"apparmorProfile\":\"unconfined//&unconfined\""), NULL, R, "CM-LSM-UNCONFINED", "/process/apparmorProfile"},
    {PROCESS("\"apparmorProfile\":\":ns:unconfined\""), NULL, R, "CM-LSM-UNCONFINED", "/process/apparmorProfile"},
    {PROCESS("\"apparmorProfile\":\"docker-default//&unconfined\""), NULL, R, "CM-LSM-UNCONFINED", "/process/apparmorProfile"},
    {PROCESS("\"apparmorProfile\":\"://unconfined\""), NULL, R, "CM-LSM-UNCONFINED", "/process/apparmorProfile"},
    {PROCESS("\"apparmorProfile\":\"docker-default//child\""), NULL, OK, NULL, NULL},
    {PROCESS("\"apparmorProfile\":\"runc\""), void_profile, R, "CM-LSM-UNCONFINED", "/process/apparmorProfile"},
    {PROCESS("\"selinuxLabel\":\"system_u:system_r:container_t:s0:c1,c2\""), selinux, OK, NULL, NULL},
    {PROCESS("\"selinuxLabel\":\"system_u:system_r:container_t:s0:c1,c2\""), NULL, R, "CM-LSM", "/process/selinuxLabel"},
    {PROCESS("\"selinuxLabel\":\"system_u:system_r:spc_t:s0\""), selinux, R, "CM-LSM-UNCONFINED", "/process/selinuxLabel", true},
    {LINUX("\"mountLabel\":\"system_u:object_r:container_file_t:s0\""), NULL, R, "CM-LSM", "/linux/mountLabel"},
    {NULL, NULL, no_lsm, OK, NULL, NULL},
};

static bool produced[CM_CODE_COUNT];

static void mark(const struct fixture *f)
{
    for (size_t i = 0; f->plan && i < f->plan->n_findings; i++)
        for (unsigned int code = 0; code < CM_CODE_COUNT; code++)
            produced[code] |= cm_streq(cm_code_info((enum cm_code)code)->code, f->plan->findings[i].code);
}

static bool has(const struct fixture *f, const struct row *row)
{
    for (size_t i = 0; i < f->plan->n_findings; i++) {
        const struct cm_finding *finding = &f->plan->findings[i];
        if (cm_streq(finding->code, row->code) && cm_streq(finding->field, row->field) && finding->verdict == row->verdict && finding->message[0])
            return true;
    }
    return false;
}

static bool only(const struct fixture *f, const struct row *row)
{
    for (size_t i = 0; i < f->plan->n_findings; i++)
        if (!cm_streq(f->plan->findings[i].code, row->code))
            return false;
    return true;
}

static const char *judge(const struct fixture *f, const struct row *row)
{
    if (!f->plan)
        return row->code ? "there is no plan" : row->more ? NULL : "there is no plan";
    if (f->plan->verdict != row->verdict)
        return "another verdict";
    if (row->code && !has(f, row))
        return "the code is not there for that field with that verdict";
    if (!row->more && !only(f, row))
        return "there are other findings";
    return NULL;
}

size_t verdict_rows(void)
{
    return CM_ARRAY_LEN(table) + n_bound_rows + n_policy_rows + n_property_rows;
}

static const struct row *row_at(size_t i)
{
    if (i < CM_ARRAY_LEN(table))
        return &table[i];
    i -= CM_ARRAY_LEN(table);
    if (i < n_bound_rows)
        return &bound_rows[i];
    i -= n_bound_rows;
    return i < n_policy_rows ? &policy_rows[i] : &property_rows[i - n_policy_rows];
}

const char *verdict_check(size_t i, char *about, size_t size)
{
    AUTO_FIXTURE struct fixture f = {0};
    const struct row *row = row_at(i);

    fixture_make(&f, row->level, row->find, row->with, row->change);
    mark(&f);
    const char *wrong = judge(&f, row);
    int n = snprintf(about, size, "row %zu (%s, %s at %s):", i, row->with ? row->with : "host", row->code ? row->code : "fine", row->field ? row->field : "-");
    for (size_t j = 0; wrong && f.plan && j < f.plan->n_findings && n > 0 && (size_t)n < size; j++)
        n += snprintf(about + n, size - (size_t)n, " [%d %s %s %s]", (int)f.plan->findings[j].verdict, f.plan->findings[j].code, f.plan->findings[j].field,
                      f.plan->findings[j].message);
    return wrong;
}

void verdict_mark(const struct fixture *f)
{
    mark(f);
}

void verdict_produced(const char *message)
{
    for (unsigned int code = 0; code < CM_CODE_COUNT; code++) {
        const char *at = strstr(message, cm_code_info((enum cm_code)code)->code);
        produced[code] |= at && at[strlen(cm_code_info((enum cm_code)code)->code)] == ']';
    }
}

const char *verdict_unproduced(void)
{
    for (unsigned int code = 0; code < CM_CODE_COUNT; code++)
        if (!produced[code])
            return cm_code_info((enum cm_code)code)->code;
    return NULL;
}
