;; Says that it speaks the contract, and speaks another.
(component
  (core module $m
    (func (export "functions") (result i32) (i32.const 1))
    (func (export "run") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func $functions (result u32) (canon lift (core func $i "functions")))
  (func $run (result u32) (canon lift (core func $i "run")))
  (instance $guest (export "functions" (func $functions)) (export "run" (func $run)))
  (export "horarium:task/guest@0.1.0" (instance $guest)))
