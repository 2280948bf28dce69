# SPDX-License-Identifier: LGPL-2.1-or-later
"""Config rows: a good configuration is changed. It must be refused with all its codes and leave nothing, or be started stricter than it asks; and `check` says so beforehand."""
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from rows import Outcome
from runtime import codes


WORKERS = 2


def satisfied(wanted, said):
    """Whether each word of `wanted` (alternatives are separated by |) is among the codes that were said."""
    return all(set(word.split("|")) & set(said) for word in wanted.split())


def known(mutation, wanted):
    return {code for word in [*wanted.split(), *mutation.also] for code in word.split("|")}


def mutate(context, mutation):
    """One mutation, as an outcome. Its errno is what the row expects of it when all is well."""
    if context.foreign and mutation.no_control:
        return Outcome(mutation.name, "n/a", "", mutation.no_control)
    context.begin()
    try:
        if context.foreign:
            return elsewhere(context, mutation)
        bundle, name = context.shared_bundle(mutation.change), context.name()
        done = context.create(bundle, name, options=mutation.options)
        if mutation.tightened:
            return tightened(context, mutation, bundle, name, done)
        return refused(context, mutation, bundle, name, done)
    except (OSError, RuntimeError, subprocess.SubprocessError) as e:
        return Outcome(mutation.name, "broken", type(e).__name__, f"{e} {getattr(e, 'stderr', '')}"[:400])
    finally:
        context.end()


def elsewhere(context, mutation):
    """Another runtime: that it starts what was asked for is the attack."""
    def change(config, context):
        for one in (mutation.change, mutation.adapt):
            changed = one(config, context) if one else None
            if changed:
                return changed
        return None
    bundle, name = context.shared_bundle(change), context.name()
    if mutation.verify:
        done = context.create(bundle, name)
        problem = mutation.verify(context, name) if done.status == 0 else None
        accepted = problem is not None
    else:
        done = context.run_detached(bundle, name)
        problem, accepted = None, done.status == 0
    context.clean(name)
    return Outcome(mutation.name, "escaped" if accepted else "blocked", "" if accepted else "OTHER", problem or f"{context.runtime.kind}: {done.err.strip()[-200:]}")


def reason(text):
    """The message without time and name of the command."""
    return re.sub(r'^.*? msg="(casemate [a-z]+ failed: )?', "", text.strip(), count=1)


def refused(context, mutation, bundle, name, done):
    wanted = mutation.wanted(context.user)
    if done.status == 0:
        context.clean(name)
        return Outcome(mutation.name, "escaped", "", "create accepted it")
    checked = context.check(bundle, options=mutation.options)
    verdict = context.runtime.verdict(checked)
    said, left = codes(done.err), context.residue(name)
    by_check = sorted({r["code"] for r in verdict.get("refusals", ())})
    problems = []
    if left:
        problems.append(f"left: {left}")
    if done.status != 1 or len(done.err.strip().splitlines()) != 1 or done.out:
        problems.append(f"not one error: status {done.status}, {done.out}{done.err}")
    if by_check != said or (not said and reason(verdict.get("message", "")) != reason(done.err)):
        problems.append(f"check says {by_check or verdict.get('message')}, create {said}")
    if "FORM" in wanted and not said:
        good, extra = mutation.says in done.err, ()
    else:
        good, extra = satisfied(wanted, said) and mutation.says in done.err, set(said) - known(mutation, wanted)
    if extra:
        problems.append(f"codes {sorted(said)}")
    if problems:
        return Outcome(mutation.name, "broken", wanted, "; ".join(problems)[:800])
    return Outcome(mutation.name, "blocked", wanted if good else "|".join(said) or "FORM", done.err.strip()[-400:])


def tightened(context, mutation, bundle, name, done):
    wanted = mutation.wanted(context.user)
    if done.status:
        return Outcome(mutation.name, "broken", "|".join(codes(done.err)), f"it should start, tightened: {done.err.strip()[-300:]}")
    checked = context.check(bundle, options=mutation.options)
    said = [t["code"] for t in context.runtime.verdict(checked).get("tightenings", ())]
    if wanted != "OK" and not satisfied(wanted, said):
        context.clean(name)
        return Outcome(mutation.name, "broken", "|".join(said), "check does not tell that it was tightened")
    problem = mutation.verify(context, name) if mutation.verify else None
    context.clean(name)
    return Outcome(mutation.name, "escaped" if problem else "blocked", "" if problem else wanted, problem or "")


def share(make_context, mutations):
    """Outcomes of the mutations, made by a few at a time: most of their time is other processes'."""
    with ExitStack() as stack:
        contexts = [stack.enter_context(make_context()) for _ in range(WORKERS)]
        with ThreadPoolExecutor(WORKERS) as pool:
            done = pool.map(lambda n: [mutate(contexts[n], m) for m in mutations[n::WORKERS]], range(WORKERS))
            outcomes = [o for some in done for o in some]
        left = [] if contexts[0].foreign else contexts[0].leftovers(*contexts[1:])
    return outcomes + [Outcome("host", "escaped", "", f"left on the host: {'; '.join(left)}")] * bool(left)


def row(make_context, one, user):
    return share(make_context, [m for m in one.mutations if m.wanted(user) is not None])


def control(settings, make_context, one):
    """The same mutations with runtimes that take them; with the next one, what the first does not take."""
    found = {}
    for runtime in settings.other_runtimes():
        for outcome in share(lambda runtime=runtime: make_context(runtime), [m for m in one.mutations if m.name not in found or found[m.name].result == "blocked"]):
            before = found[outcome.attempt].detail + "; " if outcome.attempt in found else ""
            outcome.detail = before + outcome.detail
            found[outcome.attempt] = outcome
    return found
