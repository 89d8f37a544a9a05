// The seeds' own examples; of `phoneCall`, of which no seed has one, what `docs/calls-api.md` settles.

export const inboundCall = {
  session_id: 123,
  customer_id: 456,
  room_name: "call-abc123",
  start_time: "2025-01-15T10:30:00Z",
  end_time: null,
  duration_seconds: 0,
  handled_by: "ai_agent",
  sentiment: "positive",
  transfer_count: 0,
};

export const outboundCall = {
  id: 1,
  sip_call_id: "SC_abc123",
  participant_id: "PA_xyz789",
  room_name: "outbound-1234567890-20250115103000",
  to_number: "+1234567890",
  from_number: "+15183171307",
  trunk_id: "ST_SXWwu7ArVEYE",
  status: "answered",
  metadata: {},
  created_at: "2025-01-15T10:30:00Z",
};

export const transcriptEntry = {
  id: 1,
  session_id: 123,
  speaker: "customer",
  text: "Hello, I need help with my account",
  timestamp: "2025-01-15T10:30:05Z",
  confidence: 0.95,
};

export const phoneCall = {
  call_sid: "CA1",
  session_id: 123,
  status: "answered",
  direction: "inbound",
  from_number: "+14155550100",
  to_number: "+15183171307",
  start_time: "2025-01-15T10:30:00Z",
};

export const realtimeMetrics = {
  active_calls: 8,
  inbound_active: 5,
  outbound_active: 3,
  queue_length: 2,
  avg_wait_time_seconds: 30,
  agents_online: 4,
  agents_busy: 3,
  timestamp: "2025-01-15T10:30:00Z",
};

export const callMetrics = {
  total_calls: 150,
  inbound_calls: 100,
  outbound_calls: 50,
  avg_duration_seconds: 240,
  completion_rate: 0.95,
  transfer_rate: 0.15,
  sentiment_distribution: { positive: 80, neutral: 50, negative: 20 },
};
