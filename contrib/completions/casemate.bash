# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Completion of casemate for bash. Commands and options are asked of the program itself, so that they are always its own.

# The lines of a help text that begin with an option: "--name", or "--name value" where it takes one.
__casemate_options() { # PROGRAM [COMMAND [COMMAND OF A GROUP]]
    "$1" help "${@:2}" 2>/dev/null | sed -n 's/^   \(--[a-z0-9-]*\)\( value\)\{0,1\}.*/\1\2/p'
}
__casemate_commands() { # PROGRAM
    "$1" help 2>/dev/null | sed -n '/^COMMANDS:/,/^GLOBAL OPTIONS:/s/^   \([a-z]*\)  *.*/\1/p'
    echo help
}
# Those of a group ("policy", "seccomp"), none of another command.
__casemate_group() { # PROGRAM COMMAND
    "$1" help "$2" 2>/dev/null | sed -n '/^COMMANDS:/,/^OPTIONS:/s/^   \([a-z]*\)  *.*/\1/p'
}
__casemate_words() { # WORDS: those that begin as the current one
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}
__casemate_files() { # d or f
    mapfile -t COMPREPLY < <(compgen "-$1" -- "$current")
    compopt -o filenames 2>/dev/null
}

# What an option's value can be; 1 if the option takes none.
__casemate_value() { # OPTION COMMAND
    case $1 in
    --container) __casemate_words "$("$program" ${root:+--root "$root"} list --quiet 2>/dev/null)" ;;
    --bundle | -b | --root | --image-path | --work-path | --parent-path | --cwd) __casemate_files d ;;
    --log-format) __casemate_words 'text json' ;;
    --format | -f) case $2 in check) __casemate_words 'text json sarif' ;; policy | seccomp) __casemate_words 'text json' ;; *) __casemate_words 'table json' ;; esac ;;
    --arch) __casemate_words 'x86_64 aarch64 riscv64 s390x ppc64le' ;;
    --rootless) __casemate_words 'auto true false' ;;
    --cgroup-manager) __casemate_words 'cgroupfs systemd' ;;
    --policy) __casemate_words "hardened strict $(basename -s .json -a /etc/casemate/policies/*.json 2>/dev/null | grep -v '[*]')"; [ ${#COMPREPLY[@]} -gt 0 ] || __casemate_files f ;;
    *) __casemate_files f ;;
    esac
}

_casemate() {
    local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} command='' group='' inner='' root='' word known before i positional=0
    COMPREPLY=()
    known=$(__casemate_options "$program")
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        --root) root=${COMP_WORDS[i + 1]} ;;
        --root=*) root=${word#--root=} ;;
        esac
        if [[ $word == -?* ]]; then
            # an option with a value takes the next word
            if [[ $word != *=* ]] && __casemate_takes_value "$word"; then
                [ $((i + 1)) -lt "$COMP_CWORD" ] || { __casemate_value "$word" "$command"; return; }
                i=$((i + 1))
            fi
        elif [ -z "$command" ]; then
            command=$word
            known=$(__casemate_options "$program" "$command")
            group=$(__casemate_group "$program" "$command")
        elif [ "$command" = help ] || [ "$command" = h ]; then
            group=$(__casemate_group "$program" "$word")
        elif [ -n "$group" ] && [ -z "$inner" ]; then
            inner=$word
            known=$(__casemate_options "$program" "$command" "$inner")
        else
            positional=$((positional + 1))
        fi
    done

    before=${COMP_WORDS[COMP_CWORD - 1]}
    if [ "$before" = "=" ] && [ "$COMP_CWORD" -gt 1 ]; then # bash splits words at '='
        __casemate_value "${COMP_WORDS[COMP_CWORD - 2]}" "$command"
    elif [[ $current == -* ]]; then
        __casemate_words "$(sed 's/ value$//' <<<"$known")"
    elif [ -n "$group" ] && [ -z "$inner" ]; then
        __casemate_words "$group"
    elif [ "$inner" = list ] || { [ "$inner" = explain ] && [ "$command" = seccomp ] && [ "$positional" = 0 ]; }; then
        __casemate_words "$("$program" seccomp list 2>/dev/null | sed -n 's/^\([a-z]*\)  *[0-9].*/\1/p')"
    elif [ "$command" = seccomp ] && [ "$positional" = 1 ]; then
        __casemate_words "$("$program" seccomp list default 2>/dev/null | sed -n 's/^ *[0-9][0-9]* \([a-z0-9_]*\) .*/\1/p')"
    elif [ -n "$group" ]; then
        __casemate_files f
    elif [ -z "$command" ] || [ "$command" = help ] || [ "$command" = h ]; then
        __casemate_words "$(__casemate_commands "$program")"
    elif [ "$command" = check ]; then
        __casemate_files d
    elif [ "$command" = kill ] && [ "$positional" = 1 ]; then
        __casemate_words 'TERM KILL INT HUP QUIT USR1 USR2 STOP CONT WINCH'
    elif [ "$positional" = 0 ]; then
        case $command in
        create | run | restore | spec | features | list) ;;
        *) __casemate_words "$("$program" ${root:+--root "$root"} list --quiet 2>/dev/null)" ;;
        esac
    fi
}

# Letters are looked up in the help, where they stand behind the long name.
__casemate_takes_value() { # OPTION
    if [[ $1 == --* ]]; then
        grep -qx -- "$1 value" <<<"$known"
    else
        "$program" help ${command:+"$command"} ${inner:+"$inner"} 2>/dev/null | grep -qE -- "^   --[a-z0-9-]+ value, $1 value "
    fi
}

complete -F _casemate casemate
