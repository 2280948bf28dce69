/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watching a cgroup until it is empty. Hostile: the container may end, and be deleted, at any moment, and may make many events. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/time.h"
#include "cgroup/files.h"
#include "observe/observe.h"
#include "observe/values.h"

/* Should a notification get lost. */
#define LOOK_AGAIN_MS 1000

struct watcher {
    const struct cm_cgroup *cgroup;
    const struct cm_watch *watch;
    int events, memory; /* cgroup.events and memory.events, which the kernel marks by POLLPRI when they change */
    uint64_t oom_kills, forks_failed;
    int64_t next_pids; /* no line for pids.max before */
};

static uint64_t count_of(const struct watcher *w, const char *file, const char *key)
{
    CM_AUTO_FREE char *text = NULL;

    return cm_value_text(w->cgroup->fd, file, &text) == 0 ? cm_value_of(text, key) : 0;
}

static uint64_t oom_kills(const struct watcher *w)
{
    return count_of(w, "memory.events", "oom_kill");
}

static uint64_t forks_failed(const struct watcher *w)
{
    return count_of(w, "pids.events", "max");
}

static int emit_stats(const struct watcher *w, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str line = {0};
    int r = cm_stats_line(w->cgroup, w->watch->id, &line);

    if (r == -ENOENT)
        return 0; /* gone: the end is seen next */
    return r < 0 ? cm_fail_errno(err, -r, NULL, "reading the statistics of container %s", w->watch->id) : w->watch->emit(&line, w->watch->user, err);
}

static int emit_event(const struct watcher *w, const char *type, struct cm_error *err)
{
    CM_AUTO_STR struct cm_str line = {0};

    cm_event_line(type, w->watch->id, &line);
    return w->watch->emit(&line, w->watch->user, err);
}

static int emit_oom(struct watcher *w, struct cm_error *err)
{
    uint64_t kills = oom_kills(w);

    if (kills <= w->oom_kills)
        return 0;
    w->oom_kills = kills;
    return emit_event(w, "oom", err);
}

static int emit_pids(struct watcher *w, bool last, struct cm_error *err)
{
    int64_t now = cm_now_ms();

    if (now < w->next_pids && !last)
        return 0;
    w->next_pids = now + LOOK_AGAIN_MS;
    uint64_t failed = forks_failed(w);
    if (failed <= w->forks_failed)
        return 0;
    w->forks_failed = failed;
    return emit_event(w, "pids", err);
}

/* Until something may have changed, or `ms` have passed. -EPIPE when nobody reads any more. */
static int sleep_until_news(const struct watcher *w, int64_t ms)
{
    char text[512];
    struct pollfd fds[] = {{.fd = w->events, .events = POLLPRI}, {.fd = w->memory, .events = POLLPRI}, {.fd = w->watch->output}};

    if (poll(fds, CM_ARRAY_LEN(fds), (int)CM_MIN(CM_MAX(ms, (int64_t)0), (int64_t)LOOK_AGAIN_MS)) <= 0)
        return 0;
    /* A change stays marked until the file is read through this descriptor. */
    if (fds[1].revents && pread(w->memory, text, sizeof(text), 0) < 0 && errno != ENODEV)
        return -errno;
    return fds[2].revents & (POLLERR | POLLNVAL) ? -EPIPE : 0;
}

static int run(struct watcher *w, struct cm_error *err)
{
    int64_t next = cm_now_ms() + w->watch->interval_ms;

    for (;;) {
        int populated = cm_cgfile_event(w->events, "populated");
        int r = emit_oom(w, err); /* after the look at who is left: what killed the last one is told too */
        if (r == 0)
            r = emit_pids(w, populated <= 0, err);
        if (r < 0)
            return r;
        if (populated == 0 || populated == -ENOENT)
            return 0;
        if (populated < 0)
            return cm_fail_errno(err, -populated, NULL, "reading cgroup.events of cgroup %s", w->cgroup->path);
        int64_t now = cm_now_ms();
        if (now >= next) {
            r = emit_stats(w, err);
            if (r < 0)
                return r;
            next += ((now - next) / w->watch->interval_ms + 1) * w->watch->interval_ms; /* what a slow reader has missed is not made up for */
        }
        r = sleep_until_news(w, next - cm_now_ms());
        if (r < 0)
            return cm_fail_errno(err, -r, NULL, "watching container %s", w->watch->id);
    }
}

int cm_watch(const struct cm_cgroup *cgroup, const struct cm_watch *watch, struct cm_error *err)
{
    struct watcher w = {.cgroup = cgroup, .watch = watch};

    CM_AUTO_CLOSE int events = cm_cgfile_open(cgroup->fd, "cgroup.events", O_RDONLY);
    if (events == -ENOENT)
        return 0;
    if (events < 0)
        return cm_fail_errno(err, -events, NULL, "opening cgroup.events of cgroup %s", cgroup->path);
    CM_AUTO_CLOSE int memory = cm_cgfile_open(cgroup->fd, "memory.events", O_RDONLY); /* without the controller nothing is killed for it */
    w.events = events;
    w.memory = memory;
    w.oom_kills = oom_kills(&w);
    w.forks_failed = forks_failed(&w);
    return run(&w, err);
}
