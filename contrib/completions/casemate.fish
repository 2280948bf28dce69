# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of casemate for fish. Commands and options are asked of the program itself, so that they are always its own.

# The first word of the command line that is neither an option nor the value of a global one; of a group, its command too if that is there.
function __casemate_command
    set -l valued (__casemate_help | string match -rg '^   (--[a-z0-9-]+) value')
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if string match -q -- '-*' $word
            contains -- $word $valued; and set skip 1
        else
            echo $word
            test -n "$(__casemate_help $word | string match -r '^COMMANDS:$')"; or return 0
            set -l known (__casemate_group $word | string replace -r '\t.*' '')
            for inner in (commandline -opc)[2..-1]
                contains -- $inner $known; and echo $inner; and return 0
            end
            return 0
        end
    end
    return 1
end

# The commands of a group.
function __casemate_group
    __casemate_help $argv[1] | string match -r '^   [a-z].*' | string replace -rf '^   ([a-z]+)  +(?=\S)(.*)$' '$1\t$2'
end

function __casemate_wants_group
    set -l words (__casemate_command); or return 1
    test (count $words) = 1; and test -n "$(__casemate_help $words[1] | string match -r '^COMMANDS:$')"
end

function __casemate_help
    set -l program (commandline -opc)[1]
    command $program help $argv 2>/dev/null
end

function __casemate_commands
    __casemate_help | string replace -rf '^   ([a-z]+)  +(?=\S)(.*)$' '$1\t$2' | string match -rv '^-'
    printf 'help\tshow the help of one command\n'
end

# Those of the command if there is one, else the global ones.
function __casemate_options
    set -l command (__casemate_command)
    __casemate_help $command | string replace -rf '^   (--[a-z0-9-]+)(?: value)?(?:, -[a-z](?: value)?)? +(.*)$' '$1\t$2'
end

function __casemate_wants_id
    contains -- (__casemate_command; or echo none) state start kill delete exec ps pause resume events update checkpoint
end

function __casemate_ids
    set -l words (commandline -opc)
    set -l root
    for i in (seq (count $words))
        test "$words[$i]" = --root; and set root --root $words[(math $i + 1)]
    end
    command $words[1] $root list --quiet 2>/dev/null
end

complete -c casemate -n 'not __casemate_command >/dev/null' -f -a '(__casemate_commands)'
complete -c casemate -n 'contains -- (__casemate_command; or echo none) help h' -f -a '(__casemate_commands)'
complete -c casemate -n __casemate_wants_group -f -a '(__casemate_group (__casemate_command)[1])'
complete -c casemate -n 'string match -q -- "-*" (commandline -ct)' -f -a '(__casemate_options)'
complete -c casemate -n __casemate_wants_id -f -a '(__casemate_ids)'
complete -c casemate -n 'string match -q -- --container (commandline -opc)[-1]' -f -a '(__casemate_ids)'
complete -c casemate -n 'string match -q -- --log-format (commandline -opc)[-1]' -f -a 'text json'
