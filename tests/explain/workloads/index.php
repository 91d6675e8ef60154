<?php
// SPDX-License-Identifier: Apache-2.0
// The same small service for PHP: what it does for a request is in the path.
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/peer':
        file_get_contents('http://127.0.0.1:' . $_SERVER['PEER'] . '/');
        break;
    case '/sleep':
        usleep((int)(1e6 * (float)file_get_contents($_SERVER['SLEEP'])));
        break;
    case '/child':
        exec('/bin/sleep ' . escapeshellarg(trim(file_get_contents($_SERVER['SLEEP']))));
        break;
    case '/compute':
        for ($until = hrtime(true) + 2e8; hrtime(true) < $until;) {
            sha1(str_repeat('a', 1000));
        }
        break;
}
echo "ok\n";
