/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floors by name: what holds whatever a policy says. A policy file that tries to lower one is told its name. docs/policy.md lists them all, and a test
 * compares it with this list.
 *
 * X(NAME, "name", "what holds")
 */
#pragma once

#define CM_FLOORS(X)                                                                                                                                           \
    X(USER_NAMESPACE, "user-namespace", "every container has a user namespace, and none of its ids is the host's")                                             \
    X(NAMESPACES, "namespaces", "no namespace of a container is the host's, and no further ones are made inside")                                              \
    X(CAPABILITIES, "capabilities", "no container has a capability beyond the 14 that engines ask for by default, and none is inheritable")                    \
    X(NO_NEW_PRIVS, "no-new-privs", "no program in a container gains privileges when it is executed")                                                          \
    X(SECCOMP, "seccomp", "a built-in system call filter, for the native architecture only, is loaded into every process")                                     \
    X(ROOT, "root", "the root filesystem that was given is never written, and a throw-away layer is bounded")                                                  \
    X(MASKS, "masks", "what is masked or read-only in /proc and /sys stays so")                                                                                \
    X(LIMITS, "limits", "memory, swap and the number of processes are limited")                                                                                \
    X(CORE_DUMPS, "core-dumps", "no process of a container dumps core to a program of the host")                                                               \
    X(LOCKED_MEMORY, "locked-memory", "memory that cannot be reclaimed (locked, or in message queues) is limited")                                             \
    X(SCHEDULING, "scheduling", "no process of a container has a nice value below 0 or a real-time priority")                                                  \
    X(OOM_SCORE, "oom-score", "no process of a container is spared by the OOM killer more than with -998, or more than the runtime itself")                    \
    X(DEVICE_NODES, "device-nodes", "no container makes device nodes")                                                                                         \
    X(BLOCK_DEVICES, "block-devices", "no container has a block device")                                                                                       \
    X(HOST_DEVICES, "host-devices", "no container has a character device that is the host itself, or one at a place in /dev that the runtime fills")           \
    X(HOST_TREES, "host-trees", "no whole tree of the host, no kernel filesystem and nothing of this program's own is mounted into a container")               \
    X(MOUNT_FLAGS, "mount-flags", "every mount is nosuid and nodev, and nothing propagates out of a container")                                                \
    X(SYSCTLS, "sysctls", "only sysctls of the container's own namespaces are set")                                                                            \
    X(HOOKS, "hooks", "only programs that nobody but root can change run as hooks on the host, and not with variables that make them run other code")          \
    X(LABELS, "labels", "a label that confines nothing, or is not a container's, is refused")                                                                  \
    X(ID_REUSE, "id-reuse", "ids that a process has, or that were given back less than a minute ago while others are left, are not handed out")                \
    X(ANNOTATIONS, "annotations", "no annotation makes anything less strict")                                                                                  \
    X(AUDIT, "audit", "audit records tell no arguments and no environment, and go to no file that anybody but root can change")                                \
    X(STRICT, "strict", "the level strict is only loosened within its own bounds")                                                                             \
    X(EXCEPTIONS, "exceptions", "an exception is for a place and for codes that can be excepted, has a reason, and ends within 366 days")

enum cm_floor {
#define CM_FLOOR_ENUM(name, word, sentence) CM_FLOOR_##name,
    CM_FLOORS(CM_FLOOR_ENUM)
#undef CM_FLOOR_ENUM
        CM_FLOOR_COUNT,
};

struct cm_floor_info {
    const char *name, *sentence;
};

const struct cm_floor_info *cm_floor_info(enum cm_floor floor);
