;; Traps in the destructor of what it has returned.
(component
  (core module $destructor (func (export "drop") (param i32) (unreachable)))
  (core instance $d (instantiate $destructor))
  (type $thing' (resource (rep i32) (dtor (core func $d "drop"))))
  (export $thing "thing" (type $thing'))
  (core func $new (canon resource.new $thing'))
  (core module $m
    (import "host" "new" (func $new (param i32) (result i32)))
    (func (export "run") (result i32) (call $new (i32.const 1))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "new" (func $new))))))
  (func (export "run") (result (own $thing)) (canon lift (core func $i "run"))))
