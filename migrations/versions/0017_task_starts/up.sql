-- A task run starts only while its flow run is Running. The statement that asks has locked the task runs, maybe after it
-- waited for one that cancelled them with their flow run; what it sees of the flow run itself is from before that wait.

CREATE FUNCTION utility.flow_run_states_now(flow_run_ids uuid[])
RETURNS TABLE (flow_run_id uuid, state varchar)
LANGUAGE plpgsql VOLATILE ROWS 10 AS $$
BEGIN
    -- VOLATILE, so that this statement sees what has been committed before it began.
    RETURN QUERY SELECT flow_run.id, flow_run.state FROM flow_run WHERE flow_run.id = ANY (flow_run_ids);
END
$$;
COMMENT ON FUNCTION utility.flow_run_states_now IS
    'The states of flow runs at this moment of the statement that calls it, not at its beginning.';
