# SPDX-License-Identifier: Apache-2.0
"""Web servers and proxies of Debian's packages, which serve a file or pass requests on."""
from programs.service import Peer, Server, program, up


def nginx(stage, workers=2, name="", passes_to: Peer | None = None, **where) -> Server:
    port = stage.port()
    root = stage.own_dir("www", "www-data")
    (root / "index.html").write_text("ok\n")
    action = f"proxy_pass http://127.0.0.1:{passes_to.port};" if passes_to else f"root {root};"
    config = stage.file("nginx.conf", f"""daemon off; user www-data; worker_processes {workers}; pid {stage.dir}/nginx.pid;
error_log stderr; events {{ worker_connections 512; }}
http {{ access_log off; client_body_temp_path {root}/a; proxy_temp_path {root}/b; fastcgi_temp_path {root}/c;
  uwsgi_temp_path {root}/d; scgi_temp_path {root}/e;
  server {{ listen 127.0.0.1:{port}; location / {{ {action} }} }} }}
""")
    return up(stage, stage.start(program(stage, "/usr/sbin/nginx", name), "-p", stage.dir, "-c", config, **where), port)


def apache(stage, mpm="event", settings="", passes_to: Peer | None = None, listeners=1, name="", **where) -> Server:
    port = stage.port()
    more = [stage.port() for _ in range(listeners - 1)]
    root = stage.own_dir("www")
    (root / "index.html").write_text("ok\n")
    modules = ["mpm_" + mpm, "authz_core", "dir"] + (["proxy", "proxy_http"] if passes_to else [])
    lines = [f"LoadModule {each}_module /usr/lib/apache2/modules/mod_{each}.so" for each in modules]
    lines += [f"Listen 127.0.0.1:{each}" for each in (port, *more)]
    if passes_to:
        lines.append(f"ProxyPass / http://127.0.0.1:{passes_to.port}/ timeout=600 disablereuse=on")
    config = stage.file("apache.conf", "\n".join([
        *lines, f"ServerRoot {stage.dir}", "ServerName localhost", f"PidFile {stage.dir}/apache.pid", f"DocumentRoot {root}",
        "ErrorLog /dev/stderr", "User www-data", "Group www-data", "DirectoryIndex index.html", settings, ""]))
    return up(stage, stage.start(program(stage, "/usr/sbin/apache2", name), "-DFOREGROUND", "-f", config, **where), port)


def caddy(stage, name="", **where) -> Server:
    port = stage.port()
    root = stage.own_dir("www")
    (root / "index.html").write_text("ok\n")
    config = stage.file("Caddyfile", f"{{\n  admin off\n}}\nhttp://127.0.0.1:{port} {{\n  root * {root}\n  file_server\n}}\n")
    return up(stage, stage.start(program(stage, "/usr/bin/caddy", name), "run", "--config", config, "--adapter", "caddyfile",
                                 env={"XDG_DATA_HOME": stage.dir, "XDG_CONFIG_HOME": stage.dir}, **where), port)
