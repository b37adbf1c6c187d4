{{/* Arguments: root, settings (of the component), volumes (more of them), anonymous (no business with the API server). What all pods share but for their containers. */}}
{{- define "praetor.pod" -}}
automountServiceAccountToken: {{ not .anonymous }}
enableServiceLinks: false # a Service named praetor would set PRAETOR_PORT
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "praetor.podSecurity" .root | nindent 2 }}
terminationGracePeriodSeconds: 30
volumes:
  - name: tmp
    emptyDir: {}
  {{- with .volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .settings.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Arguments: root, settings, port (the one that is probed), env (more variables), mounts (of more volumes). All containers alike. */}}
{{- define "praetor.container" -}}
image: {{ include "praetor.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  {{- include "praetor.containerSecurity" .root | nindent 2 }}
env:
  - name: PRAETOR_NAMESPACE
    valueFrom:
      fieldRef:
        fieldPath: metadata.namespace
  - name: HOME
    value: /tmp
  - name: NUMBA_CPU_NAME # the same bits on every node
    value: generic
  {{- with concat (default list .env) .settings.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
startupProbe: # a start without the compiled kernel takes longest
  httpGet: {path: /healthz, port: {{ .port }}}
  periodSeconds: 2
  failureThreshold: 90
livenessProbe:
  httpGet: {path: /healthz, port: {{ .port }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /readyz, port: {{ .port }}}
  periodSeconds: 3
  timeoutSeconds: 5
resources:
  {{- toYaml .settings.resources | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- with .mounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
