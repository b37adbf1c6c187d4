{{/* Arguments: root, mounts (of more volumes). The container of the OpenEnv server, in either mode. */}}
{{- define "praetor.openenvContainer" -}}
name: openenv
args:
  - openenv
  - serve
  - --host=0.0.0.0
  - --port=8000
  - --max-sessions={{ int64 .root.Values.openenv.maxSessions }}
ports:
  - name: openenv
    containerPort: 8000
{{- $token := dict "name" "PRAETOR_OPENENV_TOKEN" "valueFrom" (dict "secretKeyRef" (dict
      "name" (include "praetor.openenvSecret" .root) "key" .root.Values.openenv.existingSecretKey)) }}
{{ include "praetor.container" (dict "root" .root "settings" .root.Values.openenv "port" "openenv" "env" (list $token) "mounts" .mounts) }}
{{- end -}}
