;; Exits with a code of which a byte is left.
(component
  (import "wasi:cli/exit@0.2.12" (instance $exit
    (export "exit-with-code" (func (param "status-code" u8)))))
  (core func $leave (canon lower (func $exit "exit-with-code")))
  (core module $m
    (import "host" "leave" (func $leave (param i32)))
    (func (export "run") (result i32) (call $leave (i32.const -255)) (i32.const 0)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "leave" (func $leave))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $program (export "run" (func $run)))
  (export "wasi:cli/run@0.2.12" (instance $program)))
