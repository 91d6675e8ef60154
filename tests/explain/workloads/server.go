// SPDX-License-Identifier: Apache-2.0
// The same small service in Go.
package main

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

func text(name string) string {
	data, _ := os.ReadFile(os.Getenv(name))
	return strings.TrimSpace(string(data))
}

func main() {
	http.HandleFunc("/", func(out http.ResponseWriter, request *http.Request) {
		switch request.URL.Path {
		case "/peer":
			if answer, err := http.Get("http://127.0.0.1:" + os.Getenv("PEER") + "/"); err == nil {
				answer.Body.Close()
			}
		case "/sleep":
			pause, _ := time.ParseDuration(text("SLEEP") + "s")
			time.Sleep(pause)
		case "/child":
			exec.Command("/bin/sleep", text("SLEEP")).Run()
		case "/compute":
			for until := time.Now().Add(200 * time.Millisecond); time.Now().Before(until); {
			}
		}
		out.Write([]byte("ok\n"))
	})
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
