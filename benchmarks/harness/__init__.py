"""What every measurement needs: servers to measure, requests to send, seconds to count, a place for what came out."""
