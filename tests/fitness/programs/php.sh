# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The built-in server with workers, a session, an upload; and a script that runs a program.
. "${0%/*}/lib.sh"
mkdir -p www s
cat >www/index.php <<'P'
<?php
session_save_path('/tmp/s'); session_start();
$_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
echo $_SESSION['n'], ' ', isset($_FILES['f']) ? filesize($_FILES['f']['tmp_name']) : 0, ' ', json_encode(preg_match('/a+/', 'caat'));
P
head -c 5000 /dev/zero >upload
PHP_CLI_SERVER_WORKERS=3 php -d opcache.enable_cli=1 -S 127.0.0.1:8082 -t www >log 2>&1 &
up 8082
is "$(curl -sf -c jar -b jar http://127.0.0.1:8082/)" "1 0 1"
is "$(curl -sf -c jar -b jar -F f=@upload http://127.0.0.1:8082/)" "2 5000 1"
is "$(php -r 'echo trim(shell_exec("echo x")), strlen(random_bytes(8)), password_verify("a", password_hash("a", PASSWORD_DEFAULT));')" x81
pkill php
echo works
