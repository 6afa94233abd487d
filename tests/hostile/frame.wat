;; A plugin around the core instance `$i`, which exports `memory`, `realloc`,
;; `functions`, `run` and `done`: what no compiler would write.
(component
  ;; GUEST
  (type $function (record
    (field "name" string) (field "summary" string)
    (field "args-schema" (option string)) (field "defaults" (option string))))
  (type $context (record
    (field "task" string) (field "function" string) (field "run-id" string)
    (field "attempt" u32) (field "max-attempts" u32) (field "trigger" string)
    (field "scheduled-for" s64) (field "deadline" s64)))
  (type $kind (variant (case "retry") (case "retry-after" u64) (case "permanent")))
  ;; Types have to be exported beside the functions that use them.
  (component $named
    (import "function" (type $f (eq $function)))
    (import "context" (type $c (eq $context)))
    (import "kind" (type $k (eq $kind)))
    (type $e (record (field "kind" $k) (field "message" string)))
    (import "failure" (type $failure (eq $e)))
    (import "functions" (func $functions (result (list $f))))
    (import "run" (func $run
      (param "context" $c) (param "args" string)
      (result (result (option string) (error $failure)))))
    (export $f' "task-function" (type $f))
    (export $c' "context" (type $c))
    (export $k' "failure-kind" (type $k))
    (type $e' (record (field "kind" $k') (field "message" string)))
    (export $failure' "failure" (type $e'))
    (export "functions" (func $functions) (func (result (list $f'))))
    (export "run" (func $run) (func
      (param "context" $c') (param "args" string)
      (result (result (option string) (error $failure'))))))
  (type $failure (record (field "kind" $kind) (field "message" string)))
  (func $functions (result (list $function))
    (canon lift (core func $i "functions") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (func $run
    (param "context" $context) (param "args" string)
    (result (result (option string) (error $failure)))
    (canon lift (core func $i "run") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
      (post-return (core func $i "done"))))
  (instance $guest (instantiate $named
    (with "function" (type $function))
    (with "context" (type $context))
    (with "kind" (type $kind))
    (with "failure" (type $failure))
    (with "functions" (func $functions))
    (with "run" (func $run))))
  (export "horarium:task/guest@0.1.0" (instance $guest)))
