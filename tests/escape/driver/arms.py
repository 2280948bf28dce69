# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs rows in one arm: a form and a user, with everything on, with layers off, or as the control arm. Each returns {row: {attempt: Outcome}}."""
import json
from concurrent.futures import ThreadPoolExecutor

import mutations
from context import Context, probe_outcomes
from rows import Outcome
from runtime import Done


def guarded(settings, work, rows):
    """Does work(rows) and looks at the host before and after. If something changed there, every row is done again alone to find whose it was."""
    before = settings.watch.snapshot()
    results, output = work(rows)
    changed = settings.watch.differences(before, settings.watch.snapshot(), output)
    if changed and len(rows) > 1:
        for row in rows:
            before = settings.watch.snapshot()
            again, output = work([row])
            mine = settings.watch.differences(before, settings.watch.snapshot(), output)
            results[row.id] = again.get(row.id, {})
            if mine:
                results[row.id]["host"] = Outcome("host", "escaped", "", "; ".join(mine))
        if not any("host" in r for r in results.values()):
            results[rows[0].id]["host"] = Outcome("host", "escaped", "", "by one of these rows together: " + "; ".join(changed))
    elif changed:
        results.setdefault(rows[0].id, {})["host"] = Outcome("host", "escaped", "", "; ".join(changed))
    return results


def inside(settings, arms):
    """Arms of inside rows, [(runtime, rows, form, user)], as a list of results: several at a time, and one after the other if that changed the host."""
    works = [(inside_work(settings, runtime, form, user), rows) for runtime, rows, form, user in arms]
    if settings.jobs > 1 and len(works) > 1:
        before = settings.watch.snapshot()
        with ThreadPoolExecutor(settings.jobs) as pool:
            done = list(pool.map(lambda pair: pair[0](pair[1]), works))
        changed = settings.watch.differences(before, settings.watch.snapshot(), "".join(output for _, output in done))
        if not changed:
            return [results for results, _ in done]
        again = [guarded(settings, work, rows) if rows else {} for work, rows in works]
        if not any("host" in attempts for results in again for attempts in results.values()):  # it happens only once, or took several
            next(attempts for results in again for attempts in results.values())["host"] = Outcome("host", "escaped", "", "by one of all arms: " + "; ".join(changed))
        return again
    return [guarded(settings, work, rows) if rows else {} for work, rows in works]


def inside_work(settings, runtime, form, user):
    """The attempts of some rows in containers: those that do not disturb each other share one."""
    def work(some):
        batch = [r for r in some if r.batch and not settings.isolate]
        results, output = {}, ""
        for group in ([batch] if batch else []) + [[r] for r in some if r not in batch]:
            done = one_container(settings, runtime, group, form, user)
            output += done.out
            said = probe_outcomes(done.out)
            for row in group:
                results[row.id] = said.get(row.id, {})
                for attempt in settings.attempts.get(row.id, ()):
                    results[row.id].setdefault(attempt, Outcome(attempt, "broken", "NO-ANSWER", f"status {done.status}: {done.err.strip()[-300:]}"))
        return results, output
    return work


def one_container(settings, runtime, rows, form, user):
    try:
        return attempts_in_container(settings, runtime, rows, form, user)
    except (RuntimeError, OSError) as e:
        return Done(125, "", str(e))


def attempts_in_container(settings, runtime, rows, form, user):
    words = ["/bin/escape-probe", *(r.id for r in rows)]
    with Context(settings, runtime, user) as context:
        if form == "run":
            done = context.run(context.bundle(words))
        elif form == "create":
            name, bundle = context.name(), context.bundle(words)
            log = open(f"{bundle}/out", "w+b")
            with log:
                done = context.create(bundle, name, output=log)
                done = done if done.status else context.start(name)
                done.status = done.status or (0 if context.ends(name) else 124)
                log.seek(0)
                done.out = log.read().decode(errors="replace")
        else:
            name, _ = context.started(context.bundle(["/bin/escape-probe", "--agent", "wait"], inside_user="root"))
            done = context.exec(name, *words)
        for row in rows:
            for text in row.after(context) if row.after else ():
                done.out += "\n" + json.dumps({"row": row.id, "attempt": "after", "result": "escaped", "errno": "", "detail": text}) + "\n"
        return done


def control(settings, rows):
    """The control arm of inside rows."""
    results = {}
    with Context(settings, settings.runtimes["root"]) as context:
        for kind in ("userns", "masked", "host", "bare"):
            some = [r for r in rows if r.control == kind]
            if some:
                said = guarded_control(settings, context, some, kind)
                results.update({r.id: said.get(r.id, {}) for r in some})
    return results


def guarded_control(settings, context, rows, kind):
    before = settings.watch.snapshot()
    said = context.usual(*(r.id for r in rows), kind=kind)
    changed = settings.watch.differences(before, settings.watch.snapshot())
    if changed:
        settings.warn(f"the control arm {kind} changed the host: {'; '.join(changed)}")
    return said


def config(settings, runtime, row, user):
    """Mutated configurations, and what else the row does with a container."""
    def work(_):
        outcomes = mutations.row(lambda: Context(settings, runtime, user), row, user)
        if row.run:
            with Context(settings, runtime, user, row=row) as context:
                outcomes += attempts_of(row.run, context)
        return {row.id: {o.attempt: o for o in outcomes}}, ""
    return guarded(settings, work, [row])


def attempts_of(function, context, name="row"):
    try:
        return list(function(context))
    except Exception as e:  # pylint: disable=broad-except # a row that fails must not end the others
        return [Outcome(name, "broken", type(e).__name__, str(e)[-300:])]


def host(settings, runtime, row, user):
    def work(_):
        with Context(settings, runtime, user, row=row) as context:
            outcomes = attempts_of(row.run, context)
        return {row.id: {o.attempt: o for o in outcomes}}, ""
    return guarded(settings, work, [row])


def host_control(settings, row):
    """The control arm of a host or config row: what it does without the protection, or with another runtime."""
    found = {}
    if row.kind == "config":
        found = mutations.control(settings, lambda other: Context(settings, other, control=True), row)
    if row.kind == "host" or (row.run and row.control not in (None, "userns")):
        with Context(settings, settings.runtimes["root"]) as context:
            context.control = True
            found.update({o.attempt: o for o in attempts_of(row.control, context, "control")})
    return found
