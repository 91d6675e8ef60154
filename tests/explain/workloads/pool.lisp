;;; SPDX-License-Identifier: Apache-2.0
;;; Eight threads that take tasks under a mutex and a condition; a task every 5 ms until SIGUSR1.
(defvar *lock* (sb-thread:make-mutex))
(defvar *changed* (sb-thread:make-waitqueue))
(defvar *tasks* 0)
(defvar *trouble* nil)

(sb-sys:enable-interrupt sb-unix:sigusr1 (lambda (&rest ignored) (declare (ignore ignored)) (setf *trouble* t)))

(dotimes (i 8)
  (sb-thread:make-thread
   (lambda ()
     (loop
       (sb-thread:with-mutex (*lock*)
         (loop while (zerop *tasks*) do (sb-thread:condition-wait *changed* *lock*))
         (decf *tasks*))))
   :name (format nil "worker-~d" i)))

(format t "ready~%")
(finish-output)
(loop
  (unless *trouble*
    (sb-thread:with-mutex (*lock*)
      (incf *tasks*)
      (sb-thread:condition-notify *changed*)))
  (sleep (if *trouble* 1000 0.005)))
